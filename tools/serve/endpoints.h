// Endpoints: the paths below /api/v1. One table row per path; each handler is defined in a file of
// its own.
#pragma once

#include <functional>
#include <string>

#include "tools/serve/access.h"
#include "tools/serve/answer.h"
#include "tools/serve/archive.h"
#include "tools/serve/client_limits.h"
#include "tools/serve/fleets.h"
#include "tools/serve/question.h"

namespace capstan::serve {

class Dialling;
class RecorderWatch;

struct ServeLimits {
  std::uint64_t seconds = 300;                   // for one query
  std::uint64_t bytes = std::uint64_t{4} << 30;  // for one download
  std::size_t audit_memory_bytes = std::size_t{64} << 20;
  std::uint32_t audit_flows = 65536;
  std::uint64_t most_flows = 500'000;  // conversations told apart in one answer
};

// "this server's limit of 300 seconds": for completeness records.
std::string seconds_limit_text(std::uint64_t seconds);
std::string bytes_limit_text(std::uint64_t bytes);

// What handlers work with. Outlives every answer.
struct Desk {
  Archive& archive;
  RecorderWatch& recorders;
  const Access& access;
  const Fleets& fleets;
  ServeLimits limits;
  LimitRules client_limits;
  std::function<std::string()> metrics;  // text of this server's own metrics
  const Dialling* dialling = nullptr;
};

struct Inquiry {
  std::string who;
  const RequestTarget& target;
  Question question;
};

using Handler = void (*)(Desk& desk, const Inquiry& inquiry, Answer& answer);

struct Endpoint {
  const char* path;
  ParameterRules rules;
  Handler handle;
  // The answer lasts as long as the client wants and uses no worker: only for events.
  bool stream = false;
};

// Returns null if there is no such path.
const Endpoint* find_endpoint(std::string_view path) noexcept;

void answer_about(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_audit(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_check(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_count(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_events(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_flows(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_metrics(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_openapi(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_packets(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_query(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_recordings(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_status(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_ticket(Desk& desk, const Inquiry& inquiry, Answer& answer);
void answer_timeline(Desk& desk, const Inquiry& inquiry, Answer& answer);

inline constexpr const char* kJsonType = "application/json";

// Returns {"error": text}.
std::string error_json(const std::string& text);

}  // namespace capstan::serve
