#include "tools/serve/serve_command.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/secret_file.h"
#include "tools/common/signals.h"
#include "tools/common/units.h"
#include "tools/dial/dial_line.h"
#include "tools/fleet/spool.h"
#include "tools/privileges/privileges.h"
#include "tools/query/gentle.h"
#include "tools/serve/dialling.h"
#include "tools/serve/filter_trial.h"
#include "tools/serve/recorder_watch.h"
#include "tools/serve/serve_cli.h"
#include "tools/serve/survey_thread.h"
#include "tools/serve/web_server.h"
#include "tools/watch/metrics_server.h"
#include "tools/watch/service_notify.h"
#include "tools/watch/status_socket.h"

namespace capstan::serve {

namespace {

std::uint16_t port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw_errno("ask for the port");
  }
  // The port stands at the same place in both kinds of address.
  sockaddr_in any{};
  std::memcpy(&any, &address, sizeof(any));
  return ntohs(any.sin_port);
}

std::vector<Token> read_tokens(const std::string& path) {
  return parse_tokens(tools::read_secret("--token-file", path), path);
}

// "https://127.0.0.1:9118"
std::string base_url(const ServeCommandLine& line, std::uint16_t port) {
  const std::string host = line.listen.text.substr(0, line.listen.text.rfind(':'));
  return fmt::format("{}://{}:{}", line.tls_certificate.empty() ? "http" : "https", host, port);
}

// Answers that are too large for UDP (RFC 7766).
constexpr std::uint16_t kNameServerPort = 53;

std::string folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

class Server {
 public:
  explicit Server(const ServeCommandLine& line)
      : line_(line),
        signals_({SIGINT, SIGTERM, SIGHUP}),
        // Many may come at once.
        listening_(line.listens ? tools::listen_on(line.listen, "--listen", SOMAXCONN)
                                : UniqueFd()),
        port_(line.listens ? port_of(listening_.get()) : std::uint16_t{0}),
        log_(line.access_log),
        limits_(line.client_limits),
        archive_(line.directories) {
    if (!line.tls_certificate.empty()) {
      tls_ = read_tls_files(line.tls_certificate, line.tls_key, line.client_ca);
    }
    fleets_ = Fleets(line.fleets);
    if (line.dialled) begin_dialled();
    if (line.metrics) metrics_socket_ = tools::listen_on(*line.metrics, "--metrics");
    access_.emplace(access_rules());
  }

  int run() {
    give_up_privileges();
    tools::become_idle();
    RecorderWatch recorders;
    const SurveyThread survey(archive_);
    const auto figures = [this] { return metrics_.text(log_.left_out()) + dialling_.metrics(); };
    Desk desk{archive_,     recorders,           *access_, fleets_,
              line_.limits, line_.client_limits, figures,  &dialling_};
    WebOptions options;
    options.tls = tls_;
    options.workers = line_.workers;
    WebServer* place = nullptr;  // for connections that were dialled
    if (line_.dial) {
      dialling_.dial(dial_options(), [&place](UniqueFd socket, const TcpAddress& central) {
        return place->adopt(std::move(socket), central);
      });
    }
    std::optional<tools::MetricsServer> own_metrics;
    if (metrics_socket_) own_metrics.emplace(std::move(metrics_socket_), figures);
    // The last, so that it ends first: its workers use everything above.
    WebServer web(std::move(listening_), options, desk, limits_, metrics_, log_);
    place = &web;
    say_where();
    notify_.ready(fmt::format("serving on {}", place_text()));
    wait_for_end(web, own_metrics ? &*own_metrics : nullptr);
    notify_.stopping();
    return tools::kExitDone;
  }

 private:
  AccessRules access_rules() {
    AccessRules rules;
    rules.tls = tls_.has_value();
    rules.port = port_;
    rules.hosts = line_.hosts;
    rules.dials = line_.dial.has_value();
    if (line_.listens) {
      rules.hosts.push_back(line_.listen.text.substr(0, line_.listen.text.rfind(':')));
    }
    if (line_.listens && line_.loopback)
      rules.hosts.insert(rules.hosts.end(), {"127.0.0.1", "localhost", "[::1]"});
    if (tls_) rules.certified = certified_names(tls_->certificate);
    if (!line_.token_file.empty()) {
      rules.tokens = read_tokens(line_.token_file);
    } else if (line_.client_ca.empty()) {
      made_token_ = make_secret();
      rules.tokens.push_back({"token", made_token_});
    }
    return rules;
  }

  dial::DialOptions dial_options() const {
    dial::DialOptions options;
    options.central = *line_.dial;
    options.sensor = line_.sensor;
    return options;
  }

  // The user that this process becomes; empty: it stays who it is.
  std::string future_user() const {
    if (line_.keep_privileges) return {};
    return line_.user.empty() ? tools::default_user(line_.directories) : line_.user;
  }

  // While this process may still make the socket's directory, and give both away.
  void begin_dialled() {
    UniqueFd listening = tools::listen_on(*line_.dialled, "--dialled", SOMAXCONN);
    const std::string folder = folder_of(line_.dialled_socket);
    if (line_.dialled_socket == dial::kDeskPath && ::geteuid() == 0) {
      static_cast<void>(::mkdir("/run/capstan", 0755));
      static_cast<void>(::mkdir(folder.c_str(), 0755));
    }
    dialling_.accept(std::move(listening), line_.dialled_socket);
    const std::string user = future_user();
    if (user.empty() || ::geteuid() != 0) return;
    const tools::UserIds ids = tools::user_ids(user);
    // Whatever stands there by now, what a link points to is nobody's to be given away.
    if (::lchown(line_.dialled_socket.c_str(), ids.user, ids.group) != 0) {
      throw_errno(fmt::format("give {} to user {}", line_.dialled_socket, user));
    }
  }

  void give_up_privileges() {
    tools::forbid_dumps();
    const bool connects = !fleets_.empty() || line_.dial.has_value();
    // What else keeps a filter's names from name servers is the lock on sockets.
    if (connects || line_.keep_privileges || !tools::can_lock_down()) only_names_of_this_machine();
    if (line_.keep_privileges) return;
    // Where recorders will answer: a rule for a directory needs it to be there.
    const uid_t self = ::geteuid();
    if (self == 0) static_cast<void>(::mkdir("/run/capstan", 0755));
    const std::string user = future_user();
    if (!user.empty()) tools::change_user(user);
    tools::forbid_dumps();
    if (!tools::can_lock_down()) return;
    std::vector<std::string> readable = line_.directories;
    for (std::string& directory : tools::status_directories()) {
      readable.push_back(std::move(directory));
    }
    tools::ReaderNeeds needs;
    if (!fleets_.empty()) {
      needs.ports = fleets_.ports();
      needs.temporary_folder = fleet::asking::spool_folder();
    }
    if (line_.dial) needs.ports.push_back(line_.dial->port);
    needs.connects = connects;
    if (connects) needs.ports.push_back(kNameServerPort);
    if (line_.dialled) needs.socket_directory = folder_of(line_.dialled_socket);
    const std::string missing = tools::lock_down_reader(std::move(readable), needs);
    if (!missing.empty()) tools::standard_log().write(tools::LogLevel::kNotice, missing);
  }

  // "https://127.0.0.1:9118/"
  std::string place_text() const {
    if (line_.listens) return base_url(line_, port_) + "/";
    return fmt::format("connections to {}:{}", line_.dial->host, line_.dial->port);
  }

  void say_where() const {
    const std::string base = base_url(line_, port_);
    std::string what = line_.directories.empty() ? std::string("no recordings")
                       : line_.directories.size() == 1
                           ? tools::printable(line_.directories.front())
                           : fmt::format("{} directories", line_.directories.size());
    if (!fleets_.empty()) {
      what = (line_.directories.empty() ? "" : what + " and ") + "the fleets " + fleets_.names();
    }
    std::string text = fmt::format("serving {} on {}\n", what, place_text());
    if (!made_token_.empty()) {
      text += fmt::format(
          "open  {}/#token={}\nor    curl -H 'Authorization: Bearer {}' "
          "{}/api/v1/recordings\n",
          base, made_token_, made_token_, base);
    }
    if (line_.dialled) {
      text += fmt::format("sensors dial {}; their connections are handed out at {}\n",
                          line_.dialled->text, tools::printable(line_.dialled_socket));
    }
    fmt::print("{}", text);
    std::fflush(stdout);
  }

  void wait_for_end(WebServer& web, tools::MetricsServer* own_metrics) {
    constexpr int kTickMs = 500;
    std::uint64_t swept_ns = monotonic_clock_ns();
    std::vector<pollfd> events{{signals_.descriptor(), POLLIN, 0}};
    if (own_metrics != nullptr) events.push_back({own_metrics->descriptor(), POLLIN, 0});
    for (const int descriptor : dialling_.descriptors()) events.push_back({descriptor, POLLIN, 0});
    dialling_.serve(swept_ns);
    while (true) {
      static_cast<void>(::poll(events.data(), events.size(), kTickMs));
      const int signal = signals_.take();
      const bool nohup = signal == SIGHUP && signals_.hangup_ignored();
      if (signal != 0 && !nohup) return;
      if (own_metrics != nullptr) own_metrics->serve();
      const std::uint64_t now_ns = monotonic_clock_ns();
      dialling_.serve(now_ns);
      if (now_ns - swept_ns >= kNanosecondsPerSecond) {
        web.sweep();
        swept_ns = now_ns;
      }
      notify_.tick(now_ns,
                   [this] { return fmt::format("{} connections", metrics_.connections()); });
    }
  }

  const ServeCommandLine& line_;
  tools::SignalEvents signals_;
  UniqueFd listening_;
  std::uint16_t port_;
  UniqueFd metrics_socket_;
  AccessLog log_;
  std::optional<TlsFiles> tls_;
  std::string made_token_;
  std::optional<Access> access_;
  Fleets fleets_;
  ClientLimits limits_;
  ServeMetrics metrics_;
  Archive archive_;
  Dialling dialling_;
  tools::ServiceNotify notify_;
};

}  // namespace

}  // namespace capstan::serve

namespace capstan::tools {

int serve_command(int argc, char** argv) {
  const auto line = serve::parse_serve_command_line(argc, argv);
  if (!line) return kExitDone;
  return naming_places(line->entries, [&] { return serve::Server(*line).run(); });
}

}  // namespace capstan::tools
