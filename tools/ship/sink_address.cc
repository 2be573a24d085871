#include "tools/ship/sink_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string_view>

#include "engine/core/errors.h"
#include "tools/common/http/http_client.h"
#include "tools/common/units.h"

namespace capstan::fleet {

namespace {

constexpr std::string_view kClickHouse = "clickhouse+";
constexpr std::string_view kFile = "file:";
constexpr std::string_view kKafka = "kafka://";

[[noreturn]] void refuse(std::string_view why) {
  // What is refused is not shown: it may hold a password.
  throw UsageError(
      fmt::format("--to: {}: clickhouse+https://HOST[:PORT]/DATABASE, kafka://HOST[:PORT]/TOPIC or "
                  "file:PATH",
                  why));
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

// "HOST:PORT/NAME" into its two parts.
std::pair<std::string, std::string> split(std::string_view rest, std::string_view what) {
  if (rest.find('@') != rest.npos) {
    refuse(
        "no user or password belongs in an address, which everybody on this machine can read: "
        "--user and --password-file");
  }
  const std::size_t slash = rest.find('/');
  if (slash == rest.npos || slash == 0) refuse(fmt::format("it names no {}", what));
  const std::string_view name = rest.substr(slash + 1);
  if (!is_name(name)) {
    refuse(fmt::format("a {} is letters, digits, '_', '-' and '.'", what));
  }
  return {std::string(rest.substr(0, slash)), std::string(name)};
}

SinkAddress clickhouse(std::string_view rest) {
  SinkAddress address;
  address.kind = SinkAddress::Kind::kClickHouse;
  const std::size_t host = rest.find("://");
  const std::string_view scheme = rest.substr(0, host == rest.npos ? 0 : host);
  if (scheme != "http" && scheme != "https") refuse("ClickHouse is asked by http or https");
  auto [server, database] = split(rest.substr(host + 3), "database");
  const std::size_t bracket = server.rfind(']');
  const std::size_t colon = server.rfind(':');
  const bool has_port =
      colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  // ClickHouse's own, not those of HTTP.
  if (!has_port) server += scheme == "https" ? ":8443" : ":8123";
  address.server = fmt::format("{}://{}", scheme, server);
  tools::check_http_url(address.server + "/");
  address.database = database;
  return address;
}

}  // namespace

SinkAddress SinkAddress::parse(const std::string& text) {
  SinkAddress address;
  if (text.starts_with(kClickHouse)) {
    address = clickhouse(std::string_view(text).substr(kClickHouse.size()));
  } else if (text.starts_with(kKafka)) {
    address.kind = Kind::kKafka;
    std::tie(address.server, address.topic) =
        split(std::string_view(text).substr(kKafka.size()), "topic");
  } else if (text.starts_with(kFile)) {
    address.kind = Kind::kFile;
    address.path = text.substr(kFile.size());
    if (address.path.empty()) refuse("it names no file");
    address.path = std::filesystem::absolute(address.path).lexically_normal().string();
  } else {
    refuse("this is no place that rows can be sent to");
  }
  address.text = text;
  return address;
}

}  // namespace capstan::fleet
