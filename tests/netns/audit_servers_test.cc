// The audit of real servers and real clients over a veth pair: what each session is called, and
// that the password that all of them use shows nowhere.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/core/unique_fd.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/secret_search.h"
#include "tools/privileges/privileges.h"

namespace capstan::test {
namespace {

constexpr int kFindings = 4;
// In no word list, in no message of any program here.
constexpr const char* kPassword = "Kranich7Ofen4Zwerg2Quitte";

constexpr const char* kLogin = "cleartext-credentials";
constexpr const char* kClear = "cleartext-no-credentials";
constexpr const char* kUpgraded = "starttls-upgraded";
constexpr const char* kImplicit = "implicit-tls";
constexpr const char* kRefused = "starttls-refused-or-stripped";

// What one client does, in one connection, and what is to be said of it.
struct Case {
  std::string command;
  int status = 0;  // of the client: proof that it did what was meant
  std::string server;
  const char* verdict = nullptr;
  const char* mechanism = "";
  const char* reason = "";  // one of the reasons; empty: none asked for
  bool weak = false;
};

std::string curl(const std::string& words, const std::string& user = "alice") {
  return "curl -sS -k -m 30 -u " + user + ":" + kPassword + " " + words;
}
std::string python(const std::string& statements) { return "python3 -c '" + statements + "'"; }
std::string swaks(const std::string& words) {
  return std::string("swaks --timeout 30 --au alice --ap ") + kPassword +
         " --quit-after AUTH --server " + words;
}
std::string ldap(const std::string& words) {
  return std::string("LDAPTLS_REQCERT=never ldapsearch -x -b dc=example -H ") + words;
}
std::string ldap_login(const std::string& words) {
  return ldap(words) + " -D cn=alice,dc=example -w " + kPassword;
}
std::string s_client(const std::string& words) {
  return "openssl s_client -connect " + words + " </dev/null";
}

// Without a man in the middle: every server in the clear, upgraded, and over TLS from the start.
std::vector<Case> honest_cases() {
  return {
      {curl("--login-options AUTH=PLAIN pop3://192.0.2.10"), 0, "192.0.2.10:110", kLogin, "PLAIN",
       "upgrade-offered-not-used"},
      {curl("--login-options AUTH=CRAM-MD5 pop3://192.0.2.10"), 0, "192.0.2.10:110", kLogin,
       "CRAM-MD5", "challenge-response-over-cleartext"},
      {python("import poplib; p = poplib.POP3(\"192.0.2.10\"); p.user(\"alice\"); p.pass_(\"" +
              std::string(kPassword) + "\"); p.quit()"),
       0, "192.0.2.10:110", kLogin, "USER/PASS"},
      {curl("--ssl-reqd pop3://192.0.2.10"), 0, "192.0.2.10:110", kUpgraded},
      {curl("pop3s://192.0.2.10"), 0, "192.0.2.10:995", kImplicit},
      {curl("--login-options AUTH=LOGIN imap://192.0.2.10"), 0, "192.0.2.10:143", kLogin, "LOGIN"},
      {curl("--login-options AUTH=PLAIN imap://192.0.2.10"), 0, "192.0.2.10:143", kLogin, "PLAIN"},
      {python("import imaplib; i = imaplib.IMAP4(\"192.0.2.10\"); i.login(\"alice\", \"" +
              std::string(kPassword) + "\"); i.logout()"),
       0, "192.0.2.10:143", kLogin, "LOGIN"},
      {curl("--ssl-reqd imap://192.0.2.10"), 0, "192.0.2.10:143", kUpgraded},
      {curl("--tls-max 1.2 imaps://192.0.2.10"), 0, "192.0.2.10:993", kImplicit, "",
       "certificate-self-signed", true},
      {swaks("192.0.2.10 --port 587 --auth PLAIN"), 0, "192.0.2.10:587", kLogin, "PLAIN"},
      {swaks("192.0.2.10 --port 587 --auth LOGIN"), 0, "192.0.2.10:587", kLogin, "LOGIN"},
      {swaks("192.0.2.10 --port 587 --auth CRAM-MD5"), 0, "192.0.2.10:587", kLogin, "CRAM-MD5",
       "challenge-response-over-cleartext"},
      {swaks("192.0.2.10 --port 587 --auth PLAIN --tls"), 0, "192.0.2.10:587", kUpgraded},
      {swaks("192.0.2.10 --port 465 --auth PLAIN --tls-on-connect"), 0, "192.0.2.10:465",
       kImplicit},
      {"swaks --server 192.0.2.10 --quit-after EHLO", 0, "192.0.2.10:25", kClear, "",
       "upgrade-offered-not-used"},
      {s_client("192.0.2.10:25 -starttls smtp -tls1_2"), 0, "192.0.2.10:25", kUpgraded, "",
       "certificate-self-signed", true},
      {s_client("192.0.2.10:143 -starttls imap"), 0, "192.0.2.10:143", kUpgraded},
      {s_client("192.0.2.10:995"), 0, "192.0.2.10:995", kImplicit},
      {curl("-I ftp://192.0.2.10", "games"), 0, "192.0.2.10:21", kLogin, "USER/PASS"},
      {curl("-I --ssl-reqd ftp://192.0.2.10", "games"), 0, "192.0.2.10:21", kUpgraded},
      {curl("-I ftps://192.0.2.10", "games"), 0, "192.0.2.10:990", kImplicit},
      {curl("http://192.0.2.10"), 0, "192.0.2.10:80", kLogin, "Basic"},
      {"curl -sS http://192.0.2.10", 0, "192.0.2.10:80", kClear},
      {std::string("curl -sS -d user=alice -d password=") + kPassword + " http://192.0.2.10", 0,
       "192.0.2.10:80", kLogin, "form-post"},
      {std::string("curl -sS -H 'Authorization: Bearer ") + kPassword + "' http://192.0.2.10", 0,
       "192.0.2.10:80", kLogin, "Bearer"},
      {curl("https://192.0.2.10"), 0, "192.0.2.10:443", kImplicit},
      {curl("--tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 https://192.0.2.10"), 0, "192.0.2.10:443",
       kImplicit, "", "tls-below-1.2", true},
      {ldap_login("ldap://192.0.2.10"), 0, "192.0.2.10:389", kLogin, "simple"},
      {ldap("ldap://192.0.2.10"), 0, "192.0.2.10:389", kClear, "anonymous"},
      {ldap_login("ldap://192.0.2.10 -ZZ"), 0, "192.0.2.10:389", kUpgraded},
      {ldap_login("ldaps://192.0.2.10"), 0, "192.0.2.10:636", kImplicit},
  };
}

// Through the man in the middle (audit_lab.py): whoever insists on TLS fails or is refused, whoever
// does not logs in in the clear.
std::vector<Case> stripped_cases() {
  constexpr int kSwaksNoTls = 29;
  constexpr int kCurlNoTls = 64;
  return {
      // The first passes unharmed: the server is known to offer TLS.
      {swaks("192.0.2.20 --port 587 --auth PLAIN --tls"), 0, "192.0.2.20:587", kUpgraded},
      {swaks("192.0.2.20 --port 587 --auth PLAIN --tls-optional"), 0, "192.0.2.20:587", kLogin,
       "PLAIN", "upgrade-stripped"},
      {s_client("192.0.2.20:587 -starttls smtp"), 1, "192.0.2.20:587", kRefused, "",
       "upgrade-refused"},
      {swaks("192.0.2.20 --tls"), kSwaksNoTls, "192.0.2.20:25", kClear, "", "upgrade-stripped"},
      {swaks("192.0.2.20 --tls-optional --auth LOGIN"), 0, "192.0.2.20:25", kLogin, "LOGIN",
       "upgrade-stripped"},
      {curl("--ssl-reqd imap://192.0.2.20"), 0, "192.0.2.20:143", kUpgraded},
      {curl("--ssl --login-options AUTH=PLAIN imap://192.0.2.20"), 0, "192.0.2.20:143", kLogin,
       "PLAIN", "upgrade-stripped"},
      {curl("--ssl-reqd pop3://192.0.2.20"), 0, "192.0.2.20:110", kUpgraded},
      {curl("--ssl --login-options AUTH=PLAIN pop3://192.0.2.20"), 0, "192.0.2.20:110", kLogin,
       "PLAIN", "upgrade-stripped"},
      {curl("-I --ssl-reqd ftp://192.0.2.20", "games"), kCurlNoTls, "192.0.2.20:21", kRefused, "",
       "upgrade-refused"},
      {curl("-I --ssl ftp://192.0.2.20", "games"), 0, "192.0.2.20:21", kLogin, "USER/PASS",
       "upgrade-refused"},
  };
}

std::string network_of(const std::string& process) {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/" + process + "/ns/net", ignored).string();
}

class AuditServers : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    if (IsSkipped()) return;
    lab_directory_ = file("lab");
    shell("chmod 755 " + directory() + " && mkdir -m 755 " + lab_directory_);
    std::ofstream(lab_directory_ + "/password") << kPassword;
    // All servers in a pid namespace of their own: they end with the first process in it.
    lab_ = std::make_unique<Process>(
        std::vector<std::string>{"unshare", "--net", "--pid", "--fork", "--kill-child", "--mount",
                                 "--mount-proc", "python3", CAPSTAN_AUDIT_LAB, lab_directory_});
    const std::string pid = std::to_string(lab_->pid());
    ASSERT_TRUE(
        wait_until([&] { return network_of(pid) != network_of("self") || !lab_->is_running(); }));
    shell("ip link set v1 netns " + pid +
          " && ip addr add 192.0.2.5/24 dev v0 && ip link set v0 mtu 1500");
    ASSERT_TRUE(wait_until([&] {
                  return std::filesystem::exists(lab_directory_ + "/ready") || !lab_->is_running();
                }) &&
                lab_->is_running())
        << lab_->err();
  }

  static void talk(const Case& one) {
    const ProcessResult result = run({"sh", "-c", one.command});
    EXPECT_EQ(result.status, one.status) << one.command << "\n" << result.out << result.err;
  }

  // The audit events of each server, in the order in which the connections began.
  static std::map<std::string, std::vector<nlohmann::json>> sessions(const std::string& text) {
    std::map<std::string, std::map<std::uint64_t, nlohmann::json>> by_flow;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      nlohmann::json event = nlohmann::json::parse(line);
      if (event["event_type"] != "audit") continue;
      const std::string server =
          event["dest_ip"].get<std::string>() + ":" + std::to_string(event["dest_port"].get<int>());
      by_flow[server].emplace(event["flow_id"].get<std::uint64_t>(), std::move(event));
    }
    std::map<std::string, std::vector<nlohmann::json>> ordered;
    for (auto& [server, flows] : by_flow) {
      for (auto& [flow, event] : flows) ordered[server].push_back(std::move(event));
    }
    return ordered;
  }

  static void expect_verdicts(const std::vector<Case>& cases, const std::string& text) {
    const auto found = sessions(text);
    std::map<std::string, std::size_t> next;
    for (const Case& one : cases) {
      SCOPED_TRACE(one.command);
      const std::size_t number = next[one.server]++;
      ASSERT_TRUE(found.contains(one.server) && number < found.at(one.server).size());
      const nlohmann::json& event = found.at(one.server)[number];
      SCOPED_TRACE(event.dump());
      EXPECT_EQ(event["verdict"], one.verdict);
      EXPECT_EQ(event["weak"], one.weak);
      EXPECT_EQ(event["mechanism"].is_null() ? "" : event["mechanism"].get<std::string>(),
                one.mechanism);
      const auto reasons = event["reasons"].get<std::vector<std::string>>();
      if (*one.reason != '\0') {
        EXPECT_NE(std::find(reasons.begin(), reasons.end(), one.reason), reasons.end());
      }
      if (std::string(one.verdict) == kLogin && event["secret_kind"] == "plain") {
        EXPECT_EQ(event["secret_length"], std::string(kPassword).size());
      }
    }
    for (const auto& [server, count] : next) EXPECT_EQ(found.at(server).size(), count) << server;
  }

  // Of a process that waits. What a core dump could hold must not show; that something shows in
  // what it leaves out proves that the search finds things.
  void expect_clean_memory(pid_t pid) const {
    // A sanitizer's shadow is terabytes of address space, and it keeps what was freed.
    if (!tools::can_lock_down()) return;
    bool elsewhere = false;
    for (const MemoryFinding& finding : search_memory(pid, secret_)) {
      EXPECT_FALSE(finding.in_dumps) << finding.mapping;
      elsewhere = true;
    }
    EXPECT_TRUE(elsewhere);
  }

  void expect_clean(const std::string& what, const std::string& text) const {
    EXPECT_EQ(secret_.found_in(text), "") << what;
  }

  const SecretForms secret_{kPassword};

 private:
  std::string lab_directory_;
  std::unique_ptr<Process> lab_;
};

TEST_F(AuditServers, EverySessionHasItsVerdictAndThePasswordShowsNowhere) {
  const std::string outputs = file("outputs");
  std::filesystem::create_directory(outputs);
  const std::string recording = file("lab.pcapng");
  const std::string beside = outputs + "/beside.json";
  RecordRun record({"-i", "v0", "-B", "32", "-w", recording, "--audit", beside});
  ASSERT_TRUE(record.wait_started()) << record.err();
  Process live({capstan_binary(), "audit", "-i", "v0", "--find-reuse", "--json",
                outputs + "/live.json", "--html", outputs + "/live.html", "--evidence",
                outputs + "/live-evidence"});

  std::vector<Case> cases = honest_cases();
  for (Case& one : stripped_cases()) cases.push_back(std::move(one));
  for (const Case& one : cases) talk(one);
  // The connections' last packets are still under way.
  std::uint64_t received = 0;
  ASSERT_TRUE(wait_until([&, quiet = 0]() mutable {
    const std::uint64_t now = record.statistics().number("/packets_received");
    quiet = now == received ? quiet + 1 : 0;
    received = now;
    return quiet > 50;
  }));
  ASSERT_TRUE(record.wait_written(received));
  ASSERT_TRUE(wait_until([&] { return live.out().find("cleartext login") != std::string::npos; }));
  expect_clean_memory(record.process().pid());
  expect_clean_memory(live.pid());

  EXPECT_EQ(record.stop(), kFindings) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(record.statistics().number("/packets_dropped"), 0U);
  EXPECT_EQ(record.statistics().number("/audit/packets_skipped"), 0U) << record.err();
  live.signal(SIGINT);
  EXPECT_EQ(live.wait(), kFindings) << live.err();
  expect_verdicts(cases, read_text(beside));

  const ProcessResult lines = run_capstan({"audit", "-r", recording, "--json"});
  EXPECT_EQ(lines.status, kFindings) << lines.err;
  expect_verdicts(cases, lines.out);
  // The second file is a pipe that stays open: the process waits, with all its findings.
  const std::string pipe = file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  Process whole({"sh", "-c",
                 "exec " + capstan_binary() + " audit -r " + recording +
                     " -r - --find-reuse --html " + outputs + "/file.html --evidence " + outputs +
                     "/file-evidence <" + pipe});
  UniqueFd feed(::open(pipe.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string bytes = read_text(recording);
  ASSERT_EQ(::write(feed.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ASSERT_TRUE(wait_until([&] {
    int left = -1;
    return ::ioctl(feed.get(), FIONREAD, &left) == 0 && left == 0 &&
           read_text("/proc/" + std::to_string(whole.pid()) + "/stat").find(") S ") !=
               std::string::npos;
  }));
  expect_clean_memory(whole.pid());
  feed.reset();
  EXPECT_EQ(whole.wait(), kFindings) << whole.err();

  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(outputs)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    expect_clean(entry.path(), read_text(entry.path()));
  }
  EXPECT_GT(files, 20U) << "two directories of evidence, pages and lines";
  expect_clean("record, report", record.err());
  expect_clean("record, statistics", record.statistics().all());
  expect_clean("audit -i", live.out() + live.err());
  expect_clean("audit -r --json", lines.out + lines.err);
  expect_clean("audit -r", whole.out() + whole.err());
  EXPECT_NE(whole.out().find("One password serves"), std::string::npos) << whole.out();
}

}  // namespace
}  // namespace capstan::test
