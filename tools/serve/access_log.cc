#include "tools/serve/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <exception>
#include <nlohmann/json.hpp>

#include "tools/common/json_text.h"
#include "tools/common/open_output.h"
#include "tools/common/units.h"
#include "tools/serve/request_target.h"

namespace capstan::serve {

namespace {

UniqueFd open_log(const std::string& path) {
  if (path.empty()) return {};
  if (path == "-") return UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
  return tools::open_output(path, "the log of requests", tools::OutputStart::kAppended);
}

}  // namespace

std::string loggable_target(std::string_view target) {
  const std::size_t ticket = target.find("ticket=");
  if (ticket < kLongestTarget) return std::string(target.substr(0, ticket)) + "ticket=...";
  if (target.size() <= kLongestTarget) return std::string(target);
  return std::string(target.substr(0, kLongestTarget)) + "...";
}

AccessLog::AccessLog(const std::string& path)
    : fd_(open_log(path)), on_(static_cast<bool>(fd_)), out_(fd_.get()) {}

void AccessLog::write(const AccessLine& line) noexcept {
  if (!on_) return;
  try {
    nlohmann::ordered_json json{{"time", tools::utc_time(line.began_ns)},
                                {"address", line.address},
                                {"who", line.who.empty() ? nlohmann::ordered_json(nullptr)
                                                         : nlohmann::ordered_json(line.who)},
                                {"method", line.method},
                                {"target", line.target},
                                {"status", line.status},
                                {"bytes", line.bytes},
                                {"seconds", static_cast<double>(line.duration_ns) / 1e9},
                                {"whole", line.whole}};
    if (!line.fleet.empty()) json["fleet"] = line.fleet;
    static_cast<void>(out_.put(tools::dump_json(json) + "\n"));
  } catch (const std::exception&) {  // no memory for a line
  }
}

}  // namespace capstan::serve
