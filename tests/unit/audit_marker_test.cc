// A marker stands in every place where a secret can: it must be in no output of the audit, in any
// case and in any encoding: report, JSON, page, evidence, names of files.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>

#include "engine/audit/text.h"
#include "tests/support/audit_dialogue.h"
#include "tests/support/packet_builder.h"
#include "tests/support/temp_dir.h"
#include "tools/audit/audit_outputs.h"
#include "tools/audit/html_report.h"
#include "tools/audit/text_report.h"

namespace capstan::tools {
namespace {

using test::c;
using test::s;
using test::Turn;

std::string base64(const std::string& bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      word = word << 8 | (at + i < bytes.size() ? static_cast<std::uint8_t>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += at + i > bytes.size() ? '=' : kDigits[(word >> (18 - 6 * i)) & 63U];
    }
  }
  return text;
}

std::string hex(const std::string& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<std::uint8_t>(byte) >> 4];
    text += kDigits[static_cast<std::uint8_t>(byte) & 15U];
  }
  return text;
}

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char x) { return audit::lower(x); });
  return text;
}

// What of the marker is looked for, in lower case.
std::vector<std::string> shapes_of(const std::string& marker) {
  std::vector<std::string> shapes = {lowered(marker), hex(marker)};
  // base64 of it in each of the three places within a group, the characters that it alone decides.
  for (std::size_t shift = 0; shift < 3; ++shift) {
    const std::string whole = base64(std::string(shift, 'x') + marker);
    const std::size_t from = shift == 0 ? 0 : 4;
    shapes.push_back(lowered(whole.substr(from, (marker.size() - 3) / 3 * 4)));
  }
  std::string percent;
  for (const char byte : marker) percent += "%" + hex(std::string(1, byte));
  shapes.push_back(percent);
  std::string escaped;
  for (const char byte : marker) escaped += "\\u00" + hex(std::string(1, byte));
  shapes.push_back(escaped);
  return shapes;
}

struct Dialogue {
  std::uint16_t port;
  std::vector<Turn> turns;
};

std::string post(const std::string& type, const std::string& body, const std::string& more = {}) {
  return "POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: " + type + "\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A login that is a finding, so that evidence is written, in front of what is tried.
const std::string kBasic = "GET / HTTP/1.1\r\nAuthorization: Basic Ym9iOnNlY3JldA==\r\n";

std::vector<Dialogue> dialogues(const std::string& m) {
  const std::string plain = base64(std::string(1, '\0') + "bob" + std::string(1, '\0') + m);
  const std::string nul(1, '\0');
  std::vector<Dialogue> all = {
      {110,
       {s("+OK\r\n"), c("USER bob\r\n"), s("+OK\r\n"), c("PASS " + m + "\r\n"), s("-ERR\r\n"),
        c("PASS again " + m + "\r\n")}},
      {110, {s("+OK\r\n"), c("PASS " + m + "\r\n"), c("USER bob\r\n")}},
      {110, {s("+OK\r\n"), c("USER bob:" + m + "\r\n"), c("PASS x\r\n")}},
      {110, {s("+OK\r\n"), c("AUTH PLAIN " + plain + "\r\n"), s("+OK\r\n")}},
      {110, {s("+OK\r\n"), c("AUTH " + m + "\r\n"), s("-ERR\r\n"), c("PASS x\r\n")}},
      {25,
       {s("220 a ESMTP\r\n"), c("EHLO b\r\n"), s("250 AUTH\r\n"), c("AUTH LOGIN\r\n"),
        s("334 " + base64("Password:") + "\r\n"), c(base64(m) + "\r\n"),
        s("334 " + base64("Username:") + "\r\n"), c(base64("bob") + "\r\n"), s("235 ok\r\n")}},
      {25,
       {s("220 a ESMTP\r\n"), c("EHLO b\r\n"), s("250 AUTH\r\n"), c("AUTH LOGIN\r\n"),
        s("334 " + base64("Qui va la?") + "\r\n"), c(base64(m) + "\r\n"),
        s("334 " + base64("Encore?") + "\r\n"), c(base64(m) + "\r\n"), s("235 ok\r\n")}},
      {25, {s("334 " + base64("Password:") + "\r\n"), c(base64(m) + "\r\n"), s("235 ok\r\n")}},
      {25, {s("220 a ESMTP\r\n"), c("AUTH " + m + "\r\n"), c("AUTH PLAIN " + plain + "\r\n")}},
      {143, {s("* OK\r\n"), c("a LOGIN bob " + m + "\r\n"), s("a OK\r\n")}},
      {143,
       {s("* OK\r\n"), c("a LOGIN bob {" + std::to_string(m.size()) + "}\r\n"), s("+ go\r\n"),
        c(m + "\r\n"), s("a OK\r\n")}},
      {143,
       {s("* OK\r\n"), c("a AUTHENTICATE " + m + "\r\n"), s("a NO\r\n"),
        c("b LOGIN bob " + m + "\r\n")}},
      {21,
       {s("220 FTP\r\n"), c("USER bob\r\n"), c("PASS " + m + "\r\n"), s("230\r\n"),
        c("ACCT " + m + "\r\n"), c("SITE PSWD old " + m + "\r\n"), c("AUTH " + m + "\r\n")}},
      {6667,
       {c("PASS x\r\nNICK bob\r\nUSER bob 0 * :b\r\n"), s(":s 001 bob :hi\r\n"),
        c("JOIN #a " + m + "\r\n"), c("OPER bob " + m + "\r\n"),
        c("PRIVMSG NickServ :IDENTIFY " + m + "\r\n"), c("MODE #a +k " + m + "\r\n")}},
      {6667, {c("CAP REQ :sasl\r\nNICK bob\r\n"), c("AUTHENTICATE " + m + "\r\n")}},
      {6667, {c("CAP REQ :sasl\r\nNICK bob\r\n"), c("AUTHENTICATE " + plain + "\r\n")}},
      {23,
       {s("login: "), c("bob\r\n"), s("Password: "), c(m + "\r\n"), s("\r\n$ "), c("su\r\n"),
        s("Password: "), c(m + "\r\n"), s("\r\n# "), c("username x password 0 " + m + "\r\n"),
        s("# ")}},
      {23, {s("Kennwort: "), c(m + "\r\n"), s("\r\n$ ")}},
      {23,
       {s("Password: "), c(m + "\r\n"), s("\r\n> "), c("enable\r\n"), s("Password: "),
        c(m + "\r\n")}},
      {23, {c(m + "\r\n"), c("x\r\n"), c(m + "\r\n")}},
      {512, {c("0" + nul + "bob" + nul + m + nul + "id" + nul), s(nul)}},
      {514, {c("1023" + nul + "bob" + nul + m + nul + "id" + nul), s(nul)}},
      {6379,
       {c("*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$" + std::to_string(m.size()) + "\r\n" + m + "\r\n"),
        s("+OK\r\n"),
        c("*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$11\r\nrequirepass\r\n$" + std::to_string(m.size()) +
          "\r\n" + m + "\r\n")}},
      {119,
       {s("200 news\r\n"), c("AUTHINFO USER bob\r\n"), s("381\r\n"),
        c("AUTHINFO PASS " + m + "\r\n")}},
      {80, {c("GET / HTTP/1.1\r\nAuthorization: Basic " + base64("bob:" + m) + "\r\n\r\n")}},
      {80, {c("GET / HTTP/1.1\r\nAuthorization: Basic\r\n " + base64("bob:" + m) + "\r\n\r\n")}},
      {80, {c("GET / HTTP/1.1\r\nAuthorization: Basic " + base64(m + ":") + "\r\n\r\n")}},
      {80, {c("GET / HTTP/1.1\r\nAuthorization: " + m + "\r\n\r\n")}},
      {80, {c("GET / HTTP/1.1\r\nAuthorization: " + m + " x\r\n\r\n")}},
      {80, {c("GET / HTTP/1.1\r\nAuthorization: Token " + m + "\r\n\r\n")}},
      {80, {c("GET http://bob:" + m + "@a/ HTTP/1.1\r\n\r\n")}},
      {80, {c("GET /?user=bob&password=" + m + " HTTP/1.1\r\n\r\n")}},
      {80,
       {c("GET /a;password=" + m + "/b?access_token=" + m + "#token=" + m + " HTTP/1.1\r\n\r\n")}},
      {80,
       {c(kBasic + "Cookie: a=" + m + "\r\nReferer: http://x/?q=" + m + "\r\nX-Vault-Token: " + m +
          "\r\nX-API-Key: " + m + "\r\nX-Whatever: " + m + "\r\n\r\n")}},
      {80,
       {c(kBasic + "\r\n" + "GET /" + m + " HTTP/1.1\r\n\r\n"),
        s("HTTP/1.1 200 " + m + "\r\nContent-Length: 12\r\n\r\n" + m.substr(0, 12)),
        s("HTTP/1.1 302 x\r\nLocation: http://x/#access_token=" + m +
          "\r\nContent-Length: 0\r\n\r\n")}},
      {80,
       {c(post("application/x-www-form-urlencoded",
               "login_pw=" + m + "&user_token=" + m + "&account_secret=" + m +
                   "&password=x&new_password=" + m + "&user=bob"))}},
      {80,
       {c(post("application/x-www-form-urlencoded",
               "user_key=" + m + "&user_credentials=" + m + "&mailpin=" + m + "&passwd=x"))}},
      {80,
       {c(post("application/json", R"({"userpw":")" + m + R"(","login_token":")" + m +
                                       R"(","user":"bob","password":")" + m + R"("})"))}},
      {80,
       {c(post("application/json",
               R"({"data":[")" + m + R"("],"old":")" + m + R"(","password":"x"})"))}},
      {80,
       {c(post("text/xml", "<a><wsse:Password>" + m + "</wsse:Password><b c=\"" + m +
                               "\"/><Username>bob</Username></a>"))}},
      {80,
       {c(post("multipart/form-data; boundary=zz",
               "--zz\r\nContent-Disposition: form-data; name=password\r\n\r\n" + m +
                   "\r\n--zz\r\nContent-Disposition: form-data; name=\"user_pass2\"\r\n\r\n" + m +
                   "\r\n--zz--\r\n"))}},
      {554, {c("DESCRIBE rtsp://bob:" + m + "@h/1 RTSP/1.0\r\nCSeq: 1\r\n\r\n")}},
      {389,
       {c(std::string("\x30", 1) + static_cast<char>(16 + m.size()) +
          std::string("\x02\x01\x01\x60", 4) + static_cast<char>(11 + m.size()) +
          std::string("\x02\x01\x03\x04\x04\x63n=b\x80", 10) + static_cast<char>(m.size()) + m)}},
      {1883,
       {c(std::string("\x10", 1) + static_cast<char>(22 + m.size()) +
          std::string("\0\x04MQTT\x04\xc2\0\x3c\0\x03"
                      "abc\0\x03"
                      "bob\0",
                      21) +
          static_cast<char>(m.size()) + m)}},
  };
  return all;
}

void play(const Dialogue& dialogue, std::size_t segment, audit::Auditor& auditor) {
  std::uint64_t now = 1'700'000'000'000'000'000;
  std::array<std::uint32_t, 2> sequence = {1000, 5000};
  test::PacketSpec syn;
  syn.destination_port = dialogue.port;
  syn.flags = tcp_flag::kSyn;
  syn.sequence = 999;
  const std::vector<std::uint8_t> opening = test::build_packet(syn);
  auditor.on_packet(test::view_of(opening, now));
  for (const Turn& turn : dialogue.turns) {
    const std::size_t side = audit::index_of(turn.side);
    const std::size_t step = segment == 0 ? turn.bytes.size() : segment;
    for (std::size_t at = 0; at < turn.bytes.size(); at += step) {
      test::PacketSpec spec;
      spec.destination_port = dialogue.port;
      spec.sequence = sequence[side];
      if (side == 1) {
        std::swap(spec.source, spec.destination);
        std::swap(spec.source_port, spec.destination_port);
      }
      spec.payload = turn.bytes.substr(at, step);
      sequence[side] += static_cast<std::uint32_t>(spec.payload.size());
      const std::vector<std::uint8_t> bytes = test::build_packet(spec);
      auditor.on_packet(test::view_of(bytes, now += 1'000'000));
    }
  }
}

std::string everything_in(const std::string& directory) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    all += entry.path().filename().string() + "\n";
    if (entry.is_regular_file()) all += test::read_text(entry.path());
  }
  return all;
}

TEST(AuditMarker, SecretsAreInNoOutput) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> alphabets = {"ABCDEFGHJKLMNPQRSTUVWXYZ23456789",
                                              "abcdefghijkmnopqrstuvwxyz", "0123456789",
                                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcXYZ019!$%&*()_-~^"};
  std::size_t logins = 0;
  for (const std::string& alphabet : alphabets) {
    std::string marker;
    for (int i = 0; i < 17; ++i) marker += alphabet[random() % alphabet.size()];
    const std::vector<std::string> shapes = shapes_of(marker);
    const std::vector<Dialogue> all = dialogues(marker);
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const std::size_t segment : {std::size_t{0}, 1 + random() % 40}) {
        if (random() % 3 != 0) continue;  // another third each time
        SCOPED_TRACE(testing::Message()
                     << "dialogue " << i << ", marker " << marker << ", segments of " << segment);
        const test::TempDir directory;
        AuditCommandLine line;
        line.files = {"x"};
        line.json = directory.path() / "eve.json";
        line.html = directory.path() / "report.html";
        line.evidence = directory.path() / "evidence";
        line.quiet = true;
        AuditOutputs outputs(line);
        audit::AuditOptions options;
        options.evidence_bytes = 1U << 20;
        audit::Auditor auditor(options, outputs);
        play(all[i], segment, auditor);
        auditor.finish();
        outputs.finish(auditor, {});
        logins += outputs.logins();
        const std::string said =
            lowered(everything_in(directory.path()) + outputs.report(auditor, {}));
        for (const std::string& shape : shapes) {
          EXPECT_EQ(said.find(shape), std::string::npos) << shape;
        }
      }
    }
  }
  EXPECT_GT(logins, 40U);  // the dialogues are ones that the audit reads
}

}  // namespace
}  // namespace capstan::tools
