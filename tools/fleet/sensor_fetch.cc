#include "tools/fleet/sensor_fetch.h"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>

#include "engine/core/clock.h"
#include "engine/core/thread.h"
#include "tools/common/json_text.h"
#include "tools/common/time_text.h"
#include "tools/common/units.h"
#include "tools/fleet/sensor_files.h"

namespace capstan::fleet::asking {

namespace {

using tools::HttpFailure;

constexpr std::size_t kShownWords = 600;
constexpr unsigned kMostListings = 5;  // of a list that moves while it is read

std::string epoch(std::uint64_t ns) {
  return fmt::format("@{}.{:09}", ns / kNanosecondsPerSecond, ns % kNanosecondsPerSecond);
}

std::string shown(const std::string& text) {
  return tools::visible_text(text.size() > kShownWords ? text.substr(0, kShownWords) + "..."
                                                       : text);
}

// What `capstan serve` says when it refuses: {"error": "..."}.
std::string refusal_of(const tools::HttpResponse& response) {
  std::string text = fmt::format("status {}", response.status);
  const nlohmann::json json = tools::try_parse_json(response.body);
  const auto error = json.is_object() ? json.find("error") : json.end();
  if (json.is_object() && error != json.end() && error->is_string()) {
    text += ", " + shown(error->get<std::string>());
  }
  if (response.status == 401) text += ": does it know our certificate or token?";
  if (response.status == 404) text += ": is it a `capstan serve`?";
  if (response.status >= 300 && response.status < 400) text += ": it sends us elsewhere";
  return text;
}

std::optional<std::uint64_t> number_of(const std::string* text) {
  if (text == nullptr || text->empty() || text->size() > 19 ||
      text->find_first_not_of("0123456789") != text->npos) {
    return std::nullopt;
  }
  return std::stoull(*text);
}

}  // namespace

SensorQuestion sensor_question(const FleetQuestion& question, std::uint64_t limit) {
  std::string parameters;
  const auto add = [&parameters](const char* name, const std::string& value) {
    parameters +=
        fmt::format("{}{}={}", parameters.empty() ? "?" : "&", name, tools::percent_encoded(value));
  };
  if (question.range.since_ns != 0) add("since", epoch(question.range.since_ns));
  if (question.range.until_ns != TimeRange::kNoEnd) add("until", epoch(question.range.until_ns));
  if (!question.filter.empty()) add("filter", question.filter);
  if (question.inner) add("inner", "1");
  if (limit != 0) add("limit", std::to_string(limit));
  SensorQuestion to_each;
  to_each.target = "/api/v1/query" + parameters;
  to_each.range = question.range;
  return to_each;
}

SensorFetch::SensorFetch(const FleetFile& fleet, const Sensor& sensor,
                         const SensorQuestion& question, const std::vector<TableFile>* files,
                         const std::atomic<bool>& stop)
    : fleet_(fleet),
      sensor_(sensor),
      question_(question),
      files_(files),
      stop_(stop),
      spool_(std::make_shared<Spool>(question.memory_bytes, spool_folder(), question.room)),
      client_(fleet, sensor, stop),
      search_(fleet, sensor, stop) {
  result_.name = sensor.name;
  thread_ = start_thread("fetches from a sensor", [this] { run(); });
}

SensorFetch::~SensorFetch() {
  spool_->leave();
  end();
  if (thread_.joinable()) thread_.join();
}

void SensorFetch::run() {
  try {
    if (must_be_asked()) fetch();
  } catch (const std::exception& error) {
    failed_ = error.what();
  }
  spool_->finish();
  try {
    if (failed_.empty()) find_namesakes();
  } catch (const std::exception& error) {
    failed_ = error.what();
  }
}

void SensorFetch::end() noexcept {
  client_.end();
  search_.end();
}

// Who else says its name. Behind the answer: nobody waits for it then but for who reads to the end.
void SensorFetch::find_namesakes() {
  const bool answered = !result_.asked || (response_.status >= 200 && response_.status < 300);
  if (sensor_.dial.empty() || !answered || stop_.load(std::memory_order_relaxed)) return;
  result_.address = client_.address();
  for (Namesake& one : search_.run(instance_, client_.address(), client_.sources())) {
    std::erase_if(result_.namesakes,
                  [&one](const Namesake& known) { return known.address == one.address; });
    result_.namesakes.push_back(std::move(one));
  }
}

void SensorFetch::note_head(const tools::HttpResponse& head, std::uint64_t asked_ns) {
  // Its list of files and its packets may be those of two.
  if (!instance_.empty() && head.status != 0 && instance_of(head) != instance_ &&
      client_.address() != result_.address) {
    result_.namesakes.push_back({Namesake::Kind::kOther, result_.address});
  }
  if (head.status != 0) {
    instance_ = instance_of(head);
    result_.address = client_.address();
  }
  if (result_.clock_off_s || head.head_at_ns == 0) return;
  if (const std::optional<std::uint64_t> date = http_date(head)) {
    result_.clock_off_s = clock_difference_s(*date, asked_ns, head.head_at_ns);
  }
}

// Reads the list of its files. False when it cannot be had; `moved`: files came or went between two
// pages.
bool SensorFetch::read_files(SensorFiles& files, bool& moved) {
  moved = false;
  tools::HttpRequest request;
  request.token = sensor_.token;
  do {
    request.url = fmt::format("{}/api/v1/recordings?files=1&limit={}&offset={}", sensor_.url,
                              SensorFiles::kPage, files.next_offset());
    const std::uint64_t asked_ns = wall_clock_ns();
    const tools::HttpResponse page = client_.send(request);
    note_head(page, asked_ns);
    if (!page.good()) return false;
    const SensorFiles::Page taken = files.add_page(page.body);
    moved = taken == SensorFiles::Page::kMoved;
    if (taken != SensorFiles::Page::kTaken) return false;
  } while (files.has_more());
  return true;
}

// False when its files and their rows show that it has nothing to send.
bool SensorFetch::must_be_asked() {
  if (files_ == nullptr) return true;
  bool moved = true;
  for (unsigned i = 0; i < kMostListings && moved; ++i) {
    SensorFiles files(*files_, question_.range);
    if (!read_files(files, moved)) continue;
    result_.deleted_files = files.deleted().files;
    result_.deleted_matching = files.deleted().matching;
    if (files.must_be_asked()) return true;
    result_.asked = false;
    result_.lost = files.lost();
    result_.state = !files.lost()        ? SensorState::kUnknown
                    : *files.lost() != 0 ? SensorState::kLost
                                         : SensorState::kWhole;
    if (!files.lost()) result_.why = "not all of its files say what they lost";
    return false;
  }
  // Whatever is wrong with it, the question itself meets too, and is judged by that.
  result_.deleted_known = false;
  return true;
}

void SensorFetch::fetch() {
  tools::HttpRequest request;
  request.url = sensor_.url + question_.target;
  request.token = sensor_.token;
  const std::uint64_t asked_ns = wall_clock_ns();
  response_ = client_.send(request,
                           [this](const tools::HttpResponse&, std::span<const std::uint8_t> bytes) {
                             sent_ = true;
                             return spool_->write(bytes);
                           });
  note_head(response_, asked_ns);
}

SensorResult SensorFetch::result(const Read& read) {
  if (read.cut_here || !read.trouble.empty()) {
    spool_->leave();
    end();
  }
  thread_.join();
  SensorResult result = result_;
  result.late_packets = read.late_packets;
  result.late_by_ns = read.late_by_ns;
  result.packets = read.packets;
  result.bytes = read.bytes;
  result.fetched_bytes = spool_->bytes();
  result.waited_bytes = spool_->bytes_in_file();
  if (result.asked) judge_end(read, result);
  qualify(result);
  return result;
}

void SensorFetch::judge_end(const Read& read, SensorResult& result) const {
  const bool began = response_.status >= 200 && response_.status < 300;
  if (read.cut_here) {
    result.state = SensorState::kInterrupted;
  } else if (!failed_.empty()) {
    // There is no response_ then.
    result.state = sent_ ? SensorState::kInterrupted : SensorState::kNoAnswer;
    result.why = failed_;
  } else if (response_.failure == HttpFailure::kStopped && stop_.load(std::memory_order_relaxed)) {
    // By a signal, or the time that this query may take.
    result.state = began ? SensorState::kInterrupted : SensorState::kNoAnswer;
    if (!began) result.why = "it had not begun to when this query was ended";
  } else if (began && spool_->bytes() != 0 && !read.trouble.empty()) {
    result.state = SensorState::kNotPcapng;
    result.why = shown(read.trouble);
  } else if (response_.failure == HttpFailure::kSilent && began) {
    result.state = SensorState::kSilent;
    result.why = response_.error;
  } else if (response_.failure != HttpFailure::kNone) {
    result.state = began ? SensorState::kEndedEarly : SensorState::kNoAnswer;
    result.why = response_.error;
  } else if (!began) {
    result.state = SensorState::kRefused;
    result.why = refusal_of(response_);
  } else if (!read.begun) {
    result.state = SensorState::kNotPcapng;
    result.why = "nothing came";
  } else if (!read.clean) {
    result.state = SensorState::kEndedEarly;
    result.why = "its last block is not whole";
  } else {
    judge_trailers(read, result);
  }
}

// The completeness record that stands behind the last byte.
void SensorFetch::judge_trailers(const Read& read, SensorResult& result) const {
  const std::string* const complete = response_.trailer("Capstan-Complete");
  const std::optional<std::uint64_t> packets = number_of(response_.trailer("Capstan-Packets"));
  if (complete == nullptr || !packets) {
    result.state = SensorState::kUnknown;
    result.why = "it does not say whether its answer is whole: is something between it and us?";
    return;
  }
  if (*packets != read.packets) {
    result.state = SensorState::kEndedEarly;
    result.why = fmt::format("it says that it sent {} packets", tools::grouped(*packets));
    return;
  }
  result.lost = number_of(response_.trailer("Capstan-Lost"));
  if (const std::string* const from = response_.trailer("Capstan-Recorded-From")) {
    result.recorded_from_ns = rfc3339_ns(*from);
  }
  if (*complete == "yes") {
    result.state = SensorState::kWhole;
    return;
  }
  const std::string* const words = response_.trailer("Capstan-Completeness");
  if (words != nullptr) result.why = shown(*words);
  const bool lost = result.lost.value_or(0) != 0;
  result.state = *complete == "unknown" ? SensorState::kUnknown
                 : lost                 ? SensorState::kLost
                                        : SensorState::kNotWhole;
}

}  // namespace capstan::fleet::asking
