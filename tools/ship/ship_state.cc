#include "tools/ship/ship_state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/core/errors.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"
#include "tools/ship/crash_safe_file.h"

namespace capstan::fleet {

namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr const char* kMend =
    "it says what has been shipped. Put back a copy, or remove it: then `capstan ship --adopt` "
    "asks the "
    "server what it has";

std::string random_name() {
  std::array<std::uint8_t, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw_errno("getrandom");
  }
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string checksum_line(const std::string& line) {
  return fmt::format("crc32 {:08x}\n",
                     ::crc32_z(0, reinterpret_cast<const Bytef*>(line.data()), line.size()));
}

json sight_json(const FileSight& sight) {
  return json::array({sight.inode, sight.size_bytes, sight.modified_ns});
}

// The library's own conversion makes another number of one that is negative or has a fraction.
std::uint64_t number(const json& value,
                     std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) {
    throw std::range_error("no such number");
  }
  return value.get<std::uint64_t>();
}

FileSight sight_of(const json& list) {
  return {number(list.at(0)), number(list.at(1)), number(list.at(2))};
}

CurrentFile current_of(const json& one) {
  CurrentFile current{number(one.at("file")), one.at("name"), sight_of(one.at("sight")),
                      number(one.at("next"))};
  if (!one.contains("batch_rows")) return current;
  current.batch_rows = static_cast<std::uint32_t>(
      number(one.at("batch_rows"), std::numeric_limits<std::uint32_t>::max()));
  current.audit = one.at("audit");
  return current;
}

}  // namespace

ShipState::ShipState(std::string path, const StateIdentity& identity)
    : path_(std::move(path)), identity_(identity) {
  // A file of its own: the state itself is replaced.
  const std::string lock = path_ + ".lock";
  lock_ = UniqueFd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!lock_) throw_errno(fmt::format("open {}", lock), "--state FILE names another place");
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) throw_errno(fmt::format("lock {}", lock));
    throw UsageError(fmt::format("{}: another `capstan ship` is at work with it", path_));
  }
  std::ifstream file(path_, std::ios::binary);
  if (!file) {
    if (errno != ENOENT) throw_errno(fmt::format("open {}", path_));
    begin(identity);
    return;
  }
  parse(std::string{std::istreambuf_iterator<char>(file), {}}, identity);
}

ShipState ShipState::from_text(const std::string& text, const StateIdentity& identity) {
  ShipState state;
  state.identity_ = identity;
  state.parse(text, identity);
  return state;
}

void ShipState::begin(const StateIdentity& identity) {
  identity_ = identity;
  instance_ = random_name();
  fresh_ = true;
}

void ShipState::parse(const std::string& text, const StateIdentity& identity) {
  const auto damaged = [this] {
    return UsageError(fmt::format("the state {} is damaged: {}", path_, kMend));
  };
  const std::size_t end = text.find('\n');
  if (end == std::string::npos || text.substr(end + 1) != checksum_line(text.substr(0, end))) {
    throw damaged();
  }
  StateIdentity was;
  try {
    const json state = tools::parse_json(text.substr(0, end));
    if (state.at("version") != kVersion) {
      throw UsageError(fmt::format("the state {} is of another version of Capstan", path_));
    }
    was = {state.at("directory"), number(state.at("device")), number(state.at("inode")),
           state.at("sink"), state.at("sensor")};
    instance_ = state.at("instance");
    files_shipped = number(state.at("files"));
    rows_shipped = number(state.at("rows"));
    sink_position = number(state.at("sink_position"));
    sink_inode = number(state.at("sink_inode"));
    for (const json& one : state.at("done")) {
      const FileSight sight = sight_of(one.at(1));
      add_done(sight, number(one.at(0)));
      if (one.size() > 2) done_.at(sight).gone_s = number(one.at(2));
    }
    if (const json& one = state.at("current"); !one.is_null()) {
      current = current_of(one);
    }
  } catch (const json::exception&) {
    throw damaged();
  } catch (const std::range_error&) {
    throw damaged();
  }
  const auto differs = [this](const char* what, const std::string& before, const std::string& now) {
    return UsageError(fmt::format("the state {} is of {} {}, not of {}: name another with --state",
                                  path_, what, tools::visible_text(before),
                                  tools::visible_text(now)));
  };
  // A directory that was moved, and a disk that has another number after a boot.
  const bool same_place = was.directory == identity.directory ||
                          (was.device == identity.device && was.inode == identity.inode);
  if (!same_place) throw differs("the directory", was.directory, identity.directory);
  if (was.sink != identity.sink) throw differs("the sink", was.sink, identity.sink);
  if (was.sensor != identity.sensor) throw differs("the sensor", was.sensor, identity.sensor);
}

void ShipState::add_done(const FileSight& sight, std::uint64_t file) {
  if (const auto known = done_.find(sight); known != done_.end()) return;
  done_.emplace(sight, Done{file, order_, 0});
  by_order_.emplace(order_++, sight);
  if (file != 0) ++files_[file];
  if (done_.size() > kMostDone) forget(done_.find(by_order_.begin()->second));
}

void ShipState::forget(std::map<FileSight, Done>::iterator one) {
  if (const auto count = files_.find(one->second.file);
      count != files_.end() && --count->second == 0) {
    files_.erase(count);
  }
  by_order_.erase(one->second.order);
  done_.erase(one);
}

void ShipState::note_present(const std::set<FileSight>& present, std::uint64_t now_s) {
  for (auto at = done_.begin(); at != done_.end();) {
    const auto one = at++;
    std::uint64_t& gone_s = one->second.gone_s;
    if (present.contains(one->first)) {
      gone_s = 0;
    } else if (gone_s == 0 || gone_s > now_s) {  // the clock was set back
      gone_s = now_s;
    } else if (now_s - gone_s >= kForgetSeconds) {
      forget(one);
    }
  }
}

void ShipState::save() const { replace_file(path_, text()); }

std::string ShipState::text() const {
  json done = json::array();
  for (const auto& [order, sight] : by_order_) {
    const Done& one = done_.at(sight);
    done.push_back(json::array({one.file, sight_json(sight)}));
    if (one.gone_s != 0) done.back().push_back(one.gone_s);
  }
  json state = {{"version", kVersion},
                {"instance", instance_},
                {"directory", identity_.directory},
                {"device", identity_.device},
                {"inode", identity_.inode},
                {"sink", identity_.sink},
                {"sensor", identity_.sensor},
                {"files", files_shipped},
                {"rows", rows_shipped},
                {"sink_position", sink_position},
                {"sink_inode", sink_inode},
                {"done", std::move(done)},
                {"current", nullptr}};
  if (current) {
    state["current"] = {{"file", current->file},
                        {"name", current->name},
                        {"sight", sight_json(current->sight)},
                        {"next", current->next},
                        {"batch_rows", current->batch_rows},
                        {"audit", current->audit}};
  }
  const std::string line = tools::dump_json(state);
  return line + "\n" + checksum_line(line);
}

}  // namespace capstan::fleet
