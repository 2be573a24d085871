#include "tools/serve/serve_cli.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <utility>

#include "engine/core/errors.h"
#include "tools/common/command_line.h"
#include "tools/common/config_file.h"
#include "tools/common/outputs.h"
#include "tools/common/time_range.h"
#include "tools/dial/dial_line.h"

namespace capstan::serve {

namespace {

constexpr const char* kDefaultListen = "127.0.0.1:9118";

struct RawOptions {
  std::string listen = kDefaultListen;
  std::string metrics;
  std::string max_bytes = "4GiB";
  std::string hour_bytes = "64GiB";
  std::string dial;
  std::string dialled;
  std::vector<std::string> config;
};

void add_options(tools::CommandLine& app, ServeCommandLine& line, RawOptions& raw) {
  app.add_option("directory", line.directories,
                 "Serve the recordings below these directories (read only)");
  app.add_option("--listen", raw.listen,
                 fmt::format("ADDRESS:PORT to listen on (default {}; none with --dial); another "
                             "address than this machine's own needs --tls-cert",
                             kDefaultListen));
  app.add_option("--tls-cert", line.tls_certificate, "Certificate of this server, PEM, with chain");
  app.add_option("--tls-key", line.tls_key, "Its key, PEM");
  app.add_option("--client-ca", line.client_ca,
                 "Let clients in that have a certificate of this CA (PEM)");
  app.add_option("--token-file", line.token_file,
                 "Let clients in that have a token of this file: NAME TOKEN a line (default, "
                 "without --client-ca: one is made and printed)");
  app.add_option("--host", line.hosts,
                 "A name this server is called by, beside --listen's and the certificate's; more "
                 "than one may be given")
      .allow_extra_args(false);
  app.add_option("--access-log", line.access_log,
                 "Append a line of JSON a request to this file (default -, standard error; none)");
  app.add_option("--metrics", raw.metrics,
                 "Figures for Prometheus at ADDRESS:PORT/metrics, without a token");
  app.add_option("--max-seconds", line.limits.seconds, "Time a query may take (default 300)")
      .range(1, 86400);
  app.add_option("--max-bytes", raw.max_bytes, "Bytes of packets in one download (default 4GiB)");
  app.add_option("--max-queries", line.client_limits.queries_at_once,
                 "Queries of one client at once (default 8)")
      .range(1, 256);
  app.add_option("--hour-bytes", raw.hour_bytes,
                 "Bytes one client may have in an hour (default 64GiB)");
  app.add_option("--workers", line.workers, "Queries at once in all (default 8)").range(1, 256);
  app.add_option("--fleet", line.fleets,
                 "Let clients ask the sensors of this file too, fleet=NAME (docs/fleet.md); more "
                 "than one may be given")
      .allow_extra_args(false);
  app.add_option("--dial", raw.dial,
                 "HOST:PORT of a central host's --dialled: for a sensor that nobody can reach. It "
                 "keeps connections to it open, through which it is asked; needs --tls-cert");
  app.add_option("--sensor", line.sensor,
                 "With --dial: the name to say there (default: the name of this machine)");
  app.add_option("--dialled", raw.dialled,
                 "ADDRESS:PORT at which sensors dial this central host; `capstan query --fleet` "
                 "asks through their connections");
  app.add_option(
      "--dialled-socket", line.dialled_socket,
      fmt::format("With --dialled: the socket that hands the connections out (default {})",
                  dial::kDeskPath));
  app.add_option("-Z", line.user, "As root: become this user (default: the directories' owner)");
  app.add_flag("--keep-privileges", line.keep_privileges,
               "Do not give up capabilities and rights on files (for debugging)");
  tools::add_config_option(app, raw.config, "listen = \"[::]:9118\"");
}

tools::ListenAddress understand_address(const char* option, const std::string& text) {
  const auto address = tools::parse_listen_address(text);
  if (!address) {
    throw UsageError(
        fmt::format("{} {}: it is ADDRESS:PORT, [IPV6]:PORT or PORT, in numbers", option, text));
  }
  return *address;
}

void check_dial(const ServeCommandLine& line) {
  if (line.dial) {
    if (line.tls_certificate.empty() || (line.client_ca.empty() && line.token_file.empty())) {
      throw UsageError(
          "--dial: what is asked through a central host is TLS from end to end, and who asks "
          "proves "
          "it: give --tls-cert, --tls-key and --client-ca (or --token-file)");
    }
    if (!dial::is_name(line.sensor)) {
      throw UsageError(
          fmt::format("--sensor: a name has 1 to {} bytes of UTF-8 without control "
                      "characters",
                      dial::kLongestName));
    }
  } else if (!line.listens) {
    throw UsageError("--listen none goes with --dial");
  }
  if (!line.dialled && !line.dialled_socket.empty()) {
    throw UsageError("--dialled-socket goes with --dialled");
  }
}

void check(const ServeCommandLine& line) {
  check_dial(line);
  if (line.tls_certificate.empty() != line.tls_key.empty()) {
    throw UsageError("--tls-cert and --tls-key go together");
  }
  const bool tls = !line.tls_certificate.empty();
  if (!line.client_ca.empty() && !tls) throw UsageError("--client-ca goes with --tls-cert");
  if (!line.loopback && !tls) {
    throw UsageError(fmt::format(
        "--listen {}: other machines reach this address, and would send their tokens in the clear: "
        "give --tls-cert and --tls-key, or listen on 127.0.0.1",
        line.listen.text));
  }
  if (line.directories.empty() && line.fleets.empty() && !line.dialled) {
    throw UsageError("directory: is required, but for a central server (--fleet)");
  }
  for (const std::string& directory : line.directories) {
    std::error_code failed;
    if (!std::filesystem::is_directory(directory, failed)) {
      throw UsageError(fmt::format("{}: {}", directory,
                                   failed ? failed.message() : std::string("it is no directory")));
    }
  }
  if (line.access_log.empty() || line.access_log == "-") return;
  const tools::NamedOutput log[] = {{"--access-log", line.access_log}};
  tools::refuse_to_overwrite(log, RecordingSet::below(line.directories));
}

std::string host_name() {
  std::array<char, dial::kLongestName + 1> name{};
  static_cast<void>(::gethostname(name.data(), name.size() - 1));
  return name.data();
}

void understand_dial(const RawOptions& raw, ServeCommandLine& line) {
  if (!raw.dial.empty()) {
    line.dial = parse_tcp_name(raw.dial);
    if (!line.dial || line.dial->host.empty()) {
      throw UsageError(fmt::format("--dial {}: it is HOST:PORT", raw.dial));
    }
    if (line.sensor.empty()) line.sensor = host_name();
  } else if (!line.sensor.empty()) {
    throw UsageError("--sensor goes with --dial");
  }
  if (raw.dialled.empty()) return;
  line.dialled = understand_address("--dialled", raw.dialled);
  if (line.dialled_socket.empty()) line.dialled_socket = dial::kDeskPath;
}

// Options, and what they are typed as.
struct Parser {
  tools::CommandLine app{
      "Recordings in a browser and over an API, for people who may not log in here.",
      "capstan serve"};
  ServeCommandLine line;
  RawOptions raw;

  Parser() {
    app.set_help_flag("-h,--help", "Print this help and exit");
    add_options(app, line, raw);
  }
  ServeCommandLine understand();
};

ServeCommandLine Parser::understand() {
  line.listens = raw.listen != "none";
  line.listen = understand_address("--listen", line.listens ? raw.listen : kDefaultListen);
  line.loopback = line.listen.address.is_loopback();
  understand_dial(raw, line);
  if (!raw.metrics.empty()) line.metrics = understand_address("--metrics", raw.metrics);
  line.limits.bytes = tools::parse_size("--max-bytes", raw.max_bytes);
  line.client_limits.bytes_an_hour = tools::parse_size("--hour-bytes", raw.hour_bytes);
  if (line.access_log == "none") line.access_log.clear();
  check(line);
  return std::move(line);
}

constexpr const char* kNeverInFiles[] = {"--config"};

}  // namespace

std::optional<ServeCommandLine> parse_serve_command_line(int argc, char** argv) {
  return tools::parse_configured<Parser>(argc, argv, {kNeverInFiles, {}});
}

}  // namespace capstan::serve
