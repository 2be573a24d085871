// A request's head, line by line: method, target, Host, Origin, Sec-Fetch-Site, Authorization.
// Whatever it is, the gate comes to a page, an endpoint or a refusal with its reason, and none
// without a token reaches an endpoint.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tools/serve/gate.h"

namespace {

using namespace capstan::serve;

constexpr std::uint64_t kNowNs = 1'700'000'000'000'000'000;
constexpr std::string_view kToken = "Bearer 01234567890123456789";

Access& access() {
  static Access one([] {
    AccessRules rules;
    rules.port = 9118;
    rules.hosts = {"127.0.0.1"};
    rules.tokens = {{"fuzz", "01234567890123456789"}};
    return rules;
  }());
  return one;
}

void require(bool what) {
  if (!what) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::array<std::string_view, 6> lines;
  for (std::string_view& line : lines) {
    const std::size_t end = rest.find('\n');
    line = rest.substr(0, end);
    rest = end == rest.npos ? "" : rest.substr(end + 1);
  }
  ServeMetrics metrics;
  ClientLimits limits{LimitRules{}};
  Gate gate(access(), limits, metrics);
  GateHead head;
  head.method = lines[0];
  head.target = lines[1];
  head.access = {lines[2], lines[3], lines[4], lines[5]};
  head.address = "192.0.2.1";
  const Verdict verdict = gate.judge(head, kNowNs, 1000);
  const int outcomes = (verdict.status != 0 ? 1 : 0) + (verdict.page != nullptr ? 1 : 0) +
                       (verdict.endpoint != nullptr ? 1 : 0);
  require(outcomes == 1);
  require(verdict.status == 0 || !verdict.why.empty());
  require(verdict.endpoint == nullptr || (verdict.who == "fuzz" && lines[5] == kToken));
  // Past Host and token, so that every parameter is met.
  head.method = "GET";
  head.access = {"127.0.0.1:9118", {}, {}, kToken};
  const Verdict inside = gate.judge(head, kNowNs, 1000);
  if (inside.endpoint != nullptr) {
    require(inside.question.range.since_ns < inside.question.range.until_ns);
    require(inside.question.filter.size() <= kLongestFilter);
    if (inside.question.from) {
      require(parse_place(place_text(*inside.question.from)) == inside.question.from);
    }
  }
  return 0;
}
