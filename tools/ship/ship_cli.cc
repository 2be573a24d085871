#include "tools/ship/ship_cli.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "engine/core/errors.h"
#include "engine/format/part_name.h"
#include "tools/common/command_line.h"
#include "tools/common/config_file.h"
#include "tools/common/outputs.h"
#include "tools/common/secret_file.h"
#include "tools/common/small_file.h"

namespace capstan::fleet {

namespace {

struct RawOptions {
  std::string to;
  std::string password_file;
  std::string server_version;
  std::vector<std::string> config;
};

void add_options(tools::CommandLine& app, ShipCommandLine& line, RawOptions& raw) {
  app.add_option("directory", line.directory,
                 "Ship the finished recordings below this directory (read only)");
  app.add_option("--to", raw.to,
                 "Where to: clickhouse+https://HOST[:PORT]/DATABASE, kafka://HOST[:PORT]/TOPIC or "
                 "file:PATH (lines of EVE)");
  app.add_option("--sensor", line.sensor,
                 "Name of this sensor (default: the name of this machine)");
  app.add_option("--user", line.user, "User of the server");
  app.add_option("--password-file", raw.password_file, "File whose first line is the password");
  app.add_option("--tls-ca", line.tls.ca_file,
                 "The CA of the server's certificate, PEM (default: the system's)");
  app.add_option("--tls-cert", line.tls.certificate, "Certificate to show to the server, PEM");
  app.add_option("--tls-key", line.tls.key, "Its key, PEM");
  app.add_option("--kafka-config", line.kafka_config,
                 "File of NAME=VALUE lines for librdkafka: TLS, SASL");
  app.add_option(
      "--state", line.state,
      "What has been shipped is kept in this file (default: in DIRECTORY/.capstan-ship)");
  app.add_option("--batch-rows", line.batch_rows, "Rows of one insert at most (default 50000)")
      .range(1U, 1'000'000U);
  app.add_option("--max-rate", line.max_rate, "Rows a second at most")
      .range(std::uint64_t{1}, std::uint64_t{1'000'000'000});
  app.add_flag("--audit", line.audit,
               "Read the packets too: application, SNI and verdict of each conversation, and the "
               "findings of the audit");
  app.add_flag("--once", line.once, "End when everything is shipped (default: follow)");
  app.add_flag("--adopt", line.adopt,
               "Go on under a sensor's name that another state file has: this one is lost");
  app.add_flag("--create-schema", line.create_schema,
               "Make the database and its tables, as this server's version allows, and end");
  app.add_flag("--print-schema", line.print_schema, "Print the statements that would, and end");
  app.add_option("--server-version", raw.server_version,
                 "For --print-schema without asking a server: 18.16, 24.8");
  app.add_option("--cluster", line.cluster,
                 "Tables are ReplicatedMergeTree and Distributed in this cluster");
  app.add_option("--keep-days", line.keep_days,
                 "With --create-schema: rows older than this are removed (default: never)")
      .range(1U, 100'000U);
  app.add_option("--stats-json", line.stats_path,
                 "Figures as JSON lines, every ten seconds and at the end, to this file");
  app.add_flag("-q,--quiet", line.quiet, "Only say what went wrong");
  app.add_option("-Z", line.run_as, "As root: become this user (default: the directory's owner)");
  app.add_flag("--keep-privileges", line.keep_privileges,
               "Do not give up capabilities and rights on files (for debugging)");
  tools::add_config_option(app, raw.config, "audit = true");
}

std::string host_name() {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "";
}

void check_sensor(const std::string& sensor) {
  constexpr std::size_t kMost = 200;
  const bool plain = std::none_of(sensor.begin(), sensor.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (!sensor.empty() && sensor.size() <= kMost && plain) return;
  throw UsageError(fmt::format(
      "--sensor: a name has 1 to {} bytes and no control characters among them", kMost));
}

// libcurl opens it, again for each connection.
void check_readable(const char* option, const std::string& path) {
  if (path.empty()) return;
  if (const std::string why = tools::why_unreadable(path); !why.empty()) {
    throw UsageError(fmt::format("{} {}: {}", option, path, why));
  }
}

void check_directory(const char* whose, const std::string& path) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return;
  throw UsageError(fmt::format("{}{}: {}", whose, path,
                               failed ? failed.message() : std::string("it is no directory")));
}

void check(ShipCommandLine& line) {
  const bool clickhouse = line.to && line.to->kind == SinkAddress::Kind::kClickHouse;
  if (line.create_schema || line.print_schema) {
    if (line.create_schema && line.print_schema) {
      throw UsageError("--create-schema and --print-schema are two things to do");
    }
    if (line.to && !clickhouse) throw UsageError("only ClickHouse has a schema");
    if (!clickhouse && (line.create_schema || line.server_version.major == 0)) {
      throw UsageError("--to clickhouse+https://HOST[:PORT]/DATABASE is missing");
    }
    return;
  }
  if (!line.to) {
    throw UsageError(
        "--to is missing: where are the rows to go? The service has it from `to` in "
        "/etc/capstan/ship.toml");
  }
  if (line.directory.empty()) throw UsageError("which directory's recordings are to be shipped?");
  check_directory("", line.directory);
  if (!line.to->path.empty()) check_directory("--to: ", directory_of(line.to->path));
  check_sensor(line.sensor);
  check_readable("--tls-ca", line.tls.ca_file);
  check_readable("--tls-cert", line.tls.certificate);
  check_readable("--tls-key", line.tls.key);
  const tools::NamedOutput outputs[] = {
      {"--to", line.to->path}, {"--state", line.state}, {"--stats-json", line.stats_path}};
  tools::check_outputs(outputs);
  if (!line.to->path.empty() || !line.state.empty() || !line.stats_path.empty()) {
    tools::refuse_to_overwrite(outputs, RecordingSet::below({line.directory}));
  }
  const bool kafka = line.to->kind == SinkAddress::Kind::kKafka;
  if (!kafka && !line.kafka_config.empty()) {
    throw UsageError("--kafka-config goes with --to kafka://HOST[:PORT]/TOPIC");
  }
  if (!clickhouse && (!line.user.empty() || !line.cluster.empty() || !line.tls.ca_file.empty() ||
                      !line.tls.certificate.empty())) {
    throw UsageError("--user, --password-file, --cluster and --tls-* go with ClickHouse");
  }
}

// Options, and what they are typed as.
struct Parser {
  tools::CommandLine app{
      "Send what the indexes of finished recordings know to an engine that answers for many "
      "sensors.\nRuns at idle priority beside a recording, which does not know of it",
      "capstan ship"};
  ShipCommandLine line;
  RawOptions raw;

  Parser() { add_options(app, line, raw); }
  ShipCommandLine understand();
};

ShipCommandLine Parser::understand() {
  if (!raw.to.empty()) line.to = SinkAddress::parse(raw.to);
  line.host = host_name();
  if (line.sensor.empty()) line.sensor = line.host.empty() ? "sensor" : line.host;
  if (!raw.server_version.empty()) {
    const auto version = ServerVersion::parse(raw.server_version);
    if (!version || !version->supported()) {
      throw UsageError("--server-version: 18.16 and later, as 24.8");
    }
    line.server_version = *version;
  }
  if (!raw.password_file.empty()) {
    line.password = tools::read_secret_line("--password-file", raw.password_file);
  }
  if (!line.password.empty() && line.user.empty()) line.user = "default";
  check(line);
  return std::move(line);
}

// What it does instead of shipping, once, and files of further options.
constexpr const char* kNeverInFiles[] = {"--config", "--create-schema", "--print-schema",
                                         "--adopt"};

}  // namespace

std::optional<ShipCommandLine> parse_ship_command_line(int argc, const char* const* argv) {
  return tools::parse_configured<Parser>(argc, argv, {kNeverInFiles, {}});
}

}  // namespace capstan::fleet
