#include "tools/fleet/fleet_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <set>

#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "tools/common/nearest_name.h"
#include "tools/common/plain_name.h"
#include "tools/common/secret_file.h"
#include "tools/common/small_file.h"
#include "tools/common/time_text.h"
#include "tools/common/toml_text.h"
#include "tools/common/units.h"
#include "tools/dial/dial_line.h"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace capstan::fleet::asking {

namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestSecret = 4096;

class Reader {
 public:
  explicit Reader(std::string path)
      : path_(std::move(path)), folder_(std::filesystem::path(path_).parent_path()) {}

  FleetFile read() {
    const std::string text = tools::read_toml_text("--fleet", path_);
    try {
      const toml::table top = toml::parse(text, path_);
      return read_top(top);
    } catch (const toml::parse_error& error) {
      refuse(error.source(), std::string(error.description()));
    }
  }

 private:
  [[noreturn]] void refuse(const toml::source_region& where, const std::string& what) const {
    throw UsageError(fmt::format("{}:{}: {}", path_, where.begin.line, what));
  }

  void check_keys(const toml::table& table, const char* where,
                  std::initializer_list<const char*> known) const {
    const std::vector<std::string> names(known.begin(), known.end());
    for (const auto& [key_text, value] : table) {
      const std::string key(key_text.str());
      if (std::count(names.begin(), names.end(), key) != 0) continue;
      const std::string nearest = tools::nearest_name(key, names);
      refuse(key_text.source(),
             fmt::format("there is no key '{}' {}, but {}{}", tools::visible_text(key), where,
                         joined(names, ", "),
                         nearest.empty() ? "" : fmt::format("; is '{}' meant?", nearest)));
    }
  }

  std::string text(const toml::table& table, const char* key, const std::string& otherwise) const {
    const toml::node* const node = table.get(key);
    if (node == nullptr) return otherwise;
    const auto* const value = node->as_string();
    if (value == nullptr || value->get().empty()) {
      refuse(node->source(), fmt::format("'{}' wants a text that is not empty", key));
    }
    return value->get();
  }

  const toml::table* section(const toml::table& top, const char* key) const {
    const toml::node* const node = top.get(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) refuse(node->source(), fmt::format("'{}' is a section: [{}]", key, key));
    return node->as_table();
  }

  std::string beside(const std::string& name) const {
    if (name.empty() || name.front() == '/' || folder_.empty()) return name;
    return folder_ / name;
  }

  // Files that are missing are said when they are needed first: at the start of the command.
  tools::HttpTls tls(const toml::table& table, const tools::HttpTls& otherwise) const {
    tools::HttpTls files;
    files.ca_file = beside(text(table, "ca", ""));
    files.certificate = beside(text(table, "certificate", ""));
    files.key = beside(text(table, "key", ""));
    if (files.certificate.empty() != files.key.empty()) {
      refuse(table.source(), "'certificate' and 'key' go together");
    }
    if (files.ca_file.empty()) files.ca_file = otherwise.ca_file;
    if (files.certificate.empty()) {
      files.certificate = otherwise.certificate;
      files.key = otherwise.key;
    }
    for (const std::string* const name : {&files.ca_file, &files.certificate, &files.key}) {
      if (name->empty()) continue;
      if (const std::string why = tools::why_unreadable(*name); !why.empty()) {
        refuse(table.source(), fmt::format("{}: {}", *name, why));
      }
    }
    return files;
  }

  // The first line of a file that not everybody can read. The text itself is never part of a
  // message.
  std::string secret(const toml::table& table, const char* key) const {
    const std::string name = beside(text(table, key, ""));
    if (name.empty()) return {};
    const toml::source_region& where = table.get(key)->source();
    std::string line;
    try {
      line = tools::read_secret_line(key, name);
    } catch (const UsageError& error) {
      refuse(where, error.what());
    }
    const bool sound =
        line.size() <= kLongestSecret && std::none_of(line.begin(), line.end(), [](char c) {
          return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        });
    if (!sound) refuse(where, fmt::format("{} {}: its first line is none", key, name));
    return line;
  }

  // Sets what a sensor that nobody can reach has instead of an address, or beside it.
  void read_dial(const toml::table& table, Sensor& sensor) const {
    const toml::node* const dial = table.get("dial");
    const toml::node* const via = table.get("via");
    if (dial == nullptr && via != nullptr) refuse(via->source(), "'via' goes with 'dial'");
    if (dial == nullptr) return;
    sensor.dial = text(table, "dial", "");
    if (!dial::is_name(sensor.dial)) {
      refuse(dial->source(), "'dial' is what the sensor's `capstan serve --dial` has as --sensor");
    }
    sensor.via = beside(text(table, "via", dial::kDeskPath));
    if (table.get("url") != nullptr) return;
    sensor.url = "https://" + sensor.dial;
    try {
      if (tools::check_http_url(sensor.url) == sensor.dial + ":443") return;
    } catch (const UsageError&) {
    }  // said below
    refuse(dial->source(),
           fmt::format("'{}' is no host name: 'url' says which one the sensor's certificate has",
                       sensor.dial));
  }

  // "https://HOST:PORT", without what stands behind it.
  std::string url(const toml::table& table) const {
    const toml::node* const node = table.get("url");
    if (node == nullptr) {
      refuse(table.source(),
             "'url' is missing: https://HOST:PORT, or 'dial' where the sensor dials");
    }
    std::string address = text(table, "url", "");
    try {
      static_cast<void>(tools::check_http_url(address));
    } catch (const UsageError& error) {
      refuse(node->source(), error.what());
    }
    while (address.ends_with('/')) address.pop_back();
    if (address.find_first_of("?#") != address.npos) {
      refuse(node->source(), "an address here ends with the port or a path");
    }
    return address;
  }

  std::uint64_t milliseconds(const toml::table& table, const char* key,
                             std::uint64_t otherwise) const {
    const toml::node* const node = table.get(key);
    if (node == nullptr) return otherwise;
    try {
      std::string span;
      if (const auto* const number = node->as_integer()) {
        span = std::to_string(number->get());
      } else {
        span = text(table, key, "");
      }
      const std::uint64_t ms = tools::parse_duration(key, span) / 1'000'000;
      constexpr std::uint64_t kDayMs = 86'400'000;
      if (ms == 0 || ms > kDayMs) throw UsageError("it is from 1ms to 1d");
      return ms;
    } catch (const UsageError& error) {
      refuse(node->source(), error.what());
    }
  }

  FleetFile read_top(const toml::table& top) {
    check_keys(top, "here", {"name", "database", "tls", "limits", "sensor"});
    FleetFile fleet;
    fleet.path = path_;
    fleet.name = top.contains("name") ? name_of(top) : std::filesystem::path(path_).stem().string();
    tools::HttpTls common;
    if (const toml::table* const table = section(top, "tls")) {
      check_keys(*table, "in [tls]", {"ca", "certificate", "key"});
      common = tls(*table, {});
    }
    if (const toml::table* const table = section(top, "limits")) {
      check_keys(*table, "in [limits]", {"connect", "silence", "database"});
      fleet.connect_limit_ms = milliseconds(*table, "connect", fleet.connect_limit_ms);
      fleet.silence_limit_ms = milliseconds(*table, "silence", fleet.silence_limit_ms);
      fleet.database_limit_ms = milliseconds(*table, "database", fleet.database_limit_ms);
    }
    if (const toml::table* const table = section(top, "database")) {
      read_database(*table, common, fleet.database);
    }
    read_sensors(top, common, fleet);
    return fleet;
  }

  void read_database(const toml::table& table, const tools::HttpTls& common, Database& database) {
    check_keys(table, "in [database]",
               {"url", "name", "user", "password_file", "ca", "certificate", "key"});
    database.url = url(table);
    database.database = text(table, "name", database.database);
    database.user = text(table, "user", database.user);
    database.password = secret(table, "password_file");
    database.tls = tls(table, common);
  }

  void read_sensors(const toml::table& top, const tools::HttpTls& common, FleetFile& fleet) {
    const toml::node* const node = top.get("sensor");
    const toml::array* const list = node == nullptr ? nullptr : node->as_array();
    if (list == nullptr || list->empty() || !list->is_homogeneous(toml::node_type::table)) {
      refuse(node == nullptr ? top.source() : node->source(),
             "no sensor: each has a section [[sensor]] with 'name' and 'url'");
    }
    std::map<std::string, toml::source_index> names;
    std::map<std::string, std::string> addresses;
    for (const toml::node& one : *list) {
      const toml::table& table = *one.as_table();
      check_keys(table, "in [[sensor]]",
                 {"name", "url", "dial", "via", "token_file", "ca", "certificate", "key"});
      Sensor sensor;
      sensor.name = name_of(table);
      read_dial(table, sensor);
      if (sensor.url.empty()) sensor.url = url(table);
      if (!sensor.dial.empty() && !sensor.url.starts_with("https://")) {
        refuse(table.get("url")->source(), "a sensor that dials is asked over https:// alone");
      }
      sensor.tls = tls(table, common);
      sensor.token = secret(table, "token_file");
      if (!sensor.token.empty() && sensor.url.starts_with("http://") && !is_here(sensor.url)) {
        refuse(table.get("url")->source(),
               "its token would be sent in the clear: the address is https://..., or one of this "
               "machine's own (ssh -L)");
      }
      const auto [same, is_new] = names.emplace(sensor.name, table.source().begin.line);
      if (!is_new) {
        refuse(table.get("name")->source(),
               fmt::format("two sensors have the name '{}': the other one is in line {}",
                           sensor.name, same->second));
      }
      const std::string address =
          sensor.dial.empty() ? sensor.url : fmt::format("{} via {}", sensor.dial, sensor.via);
      const auto [other, is_other] = addresses.emplace(address, sensor.name);
      if (!is_other) {
        refuse(table.get(sensor.dial.empty() ? "url" : "dial")->source(),
               fmt::format("'{}' has this address already: each packet would come twice",
                           other->second));
      }
      fleet.sensors.push_back(std::move(sensor));
    }
  }

  std::string name_of(const toml::table& table) const {
    const toml::node* const node = table.get("name");
    if (node == nullptr) refuse(table.source(), "'name' is missing: as `capstan ship` has it");
    std::string name = text(table, "name", "");
    if (!tools::is_plain_name(name, kLongestName)) {
      refuse(node->source(), fmt::format("a name is at most {} bytes, without characters that "
                                         "cannot be seen, and without blanks at its ends",
                                         kLongestName));
    }
    return name;
  }

  static bool is_here(const std::string& url) {
    const std::string host = tools::check_http_url(url);
    return host.starts_with("127.") || host.starts_with("localhost:") || host.starts_with("[::1]:");
  }

  const std::string path_;
  const std::filesystem::path folder_;
};

}  // namespace

FleetFile read_fleet_file(const std::string& path) { return Reader(path).read(); }

}  // namespace capstan::fleet::asking
