#include "tools/feed/feed_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/errors.h"

namespace capstan::tools {

namespace {

constexpr std::string_view kListen = "tcp-listen:";
constexpr std::string_view kConnect = "tcp:";
constexpr const char* kListenDefault = "127.0.0.1";

bool all_loopback(const FeedTarget& target) {
  return !target.addresses.empty() &&
         std::all_of(target.addresses.begin(), target.addresses.end(),
                     [](const TcpAddress& address) { return address.is_loopback(); });
}

}  // namespace

bool is_feed_text(const std::string& text) {
  return text.starts_with(kListen) || text.starts_with(kConnect);
}

std::optional<FeedTarget> feed_target_of(const std::string& text) {
  FeedTarget target;
  if (!is_feed_text(text)) return std::nullopt;
  target.listens = text.starts_with(kListen);
  const std::optional<TcpName> name = parse_tcp_name(
      std::string_view(text).substr(target.listens ? kListen.size() : kConnect.size()));
  if (!name || (!target.listens && name->host.empty())) {
    throw UsageError(
        fmt::format("-w {}: it is tcp-listen:PORT, tcp-listen:ADDRESS:PORT or "
                    "tcp:HOST:PORT, with brackets around addresses of IPv6",
                    text));
  }
  target.name = *name;
  if (target.name.host.empty()) target.name.host = kListenDefault;
  target.text = text;
  try {
    target.addresses = resolve_tcp(target.name);
  } catch (const UsageError& error) {
    // No recording is lost for a name server, or for a name that its server does not know today.
    if (target.listens) throw;
    target.trouble = error.what();
  }
  return target;
}

std::vector<std::string> validate_feed_options(const FeedOptions& options) {
  std::vector<std::string> problems;
  bool listens = false;
  for (const FeedTarget& target : options.targets) {
    listens = listens || target.listens;
    if (target.listens && options.allowed.empty() && !all_loopback(target)) {
      problems.push_back(fmt::format(
          "-w {} would give every packet to whoever reaches this port: name who may have them with "
          "--allow, such as --allow 192.0.2.0/24 (0.0.0.0/0 is everybody)",
          target.text));
    }
  }
  if (!options.allowed.empty() && !listens) {
    problems.push_back("--allow goes with -w tcp-listen:PORT");
  }
  return problems;
}

std::string own_traffic_filter(const FeedOptions& options,
                               const std::vector<std::string>& interfaces) {
  const bool sees_loopback =
      std::any_of(interfaces.begin(), interfaces.end(),
                  [](const std::string& name) { return name == "lo" || name == "any"; });
  std::string own;
  for (const FeedTarget& target : options.targets) {
    if (all_loopback(target) && !sees_loopback) continue;
    if (!own.empty()) own += " or ";
    if (target.listens) {
      own += fmt::format("tcp port {}", target.name.port);
      continue;
    }
    if (target.addresses.empty()) {
      // What answers it may be recorded: answers are few, and sending them makes fewer.
      const std::string sent = fmt::format("tcp dst port {}", target.name.port);
      own += sees_loopback ? sent : fmt::format("(outbound and {})", sent);
      continue;
    }
    std::string hosts;
    for (const TcpAddress& address : target.addresses) {
      hosts += fmt::format("{}host {}", hosts.empty() ? "" : " or ", address.host_text());
    }
    own += fmt::format("(tcp port {} and ({}))", target.name.port, hosts);
  }
  return own.empty() ? own : fmt::format("not ({})", own);
}

}  // namespace capstan::tools
