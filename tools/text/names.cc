#include "tools/text/names.h"

#include <net/if.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace capstan::text {

namespace {

constexpr std::size_t kPorts = 65536;

// "80/tcp": the port and the protocol's name. False when it is neither.
bool parse_port(std::string_view field, unsigned& port, std::string_view& protocol) {
  const std::size_t slash = field.find('/');
  if (slash == std::string_view::npos) return false;
  const auto [end, error] = std::from_chars(field.data(), field.data() + slash, port);
  protocol = field.substr(slash + 1);
  return error == std::errc() && end == field.data() + slash && port < kPorts;
}

}  // namespace

ServiceNames ServiceNames::load(const char* path) {
  ServiceNames names;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line.substr(0, line.find('#')));
    std::string name;
    std::string where;
    unsigned port = 0;
    std::string_view protocol;
    if (!(fields >> name >> where) || !parse_port(where, port, protocol)) continue;
    if (protocol != "tcp" && protocol != "udp") continue;
    std::vector<std::string>& table = protocol == "tcp" ? names.tcp_ : names.udp_;
    if (table.empty()) table.resize(kPorts);
    if (table[port].empty()) table[port] = name;
  }
  return names;
}

InterfaceNames InterfaceNames::load() {
  InterfaceNames names;
  struct if_nameindex* list = ::if_nameindex();
  if (list == nullptr) return names;
  for (const struct if_nameindex* entry = list; entry->if_index != 0; ++entry) {
    names.names_.emplace_back(entry->if_index, entry->if_name);
  }
  ::if_freenameindex(list);
  return names;
}

std::string_view InterfaceNames::find(std::uint32_t index) const noexcept {
  for (const auto& [known, name] : names_) {
    if (known == index) return name;
  }
  return "?";
}

}  // namespace capstan::text
