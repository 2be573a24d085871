// packets and count: single packets as lines of `capstan show`, how many there are and where.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/common/json_text.h"
#include "tools/common/units.h"
#include "tools/query/completeness_text.h"
#include "tools/serve/endpoints.h"
#include "tools/serve/search.h"
#include "tools/show/interface_book.h"
#include "tools/show/packet_lines.h"

namespace capstan::serve {

namespace {

constexpr std::size_t kMostPageBytes = 8U << 20;

// Follows a stream of packets and says where each stands in it.
class Places {
 public:
  explicit Places(const Question& question) {
    if (question.from) next_ = *question.from;
  }
  Place of(std::uint64_t time_ns) {
    if (time_ns != next_.time_ns) next_ = {time_ns, 0, next_.number};
    const Place here = next_;
    ++next_.skip;
    ++next_.number;
    return here;
  }
  const Place& next() const noexcept { return next_; }

 private:
  Place next_;
};

tools::ShowOptions line_options(bool detail) {
  tools::ShowOptions options;
  options.print.numeric = 2;
  // Pages begin anywhere in a connection.
  options.print.absolute_sequence = true;
  options.print.nanoseconds = true;
  options.style = detail ? tools::LineStyle::kTcpdump : tools::LineStyle::kJson;
  if (detail) {
    options.print.verbosity = 3;
    options.print.link_header = true;
    options.print.tls = true;
    options.print.time_mode = text::TimeMode::kDate;
  }
  return options;
}

// Packets as JSON objects, one after the other.
class Lines {
 public:
  explicit Lines(const Question& question)
      : detail_(question.detail),
        json_options_(line_options(false)),
        detail_options_(line_options(true)),
        json_(json_options_, names_, text::TcpSequences(64), false),
        text_(detail_options_, names_, text::TcpSequences(64), false) {}

  void put(const SetPacket& packet, const std::string* interface, const Place& place) {
    const BatchPacket batch{packet.packet, ++number_, packet.packet.timestamp_ns, interface};
    out_ += out_.empty() ? "" : ",\n";
    json_.text().clear();
    json_.append(batch);
    std::string_view object = json_.text().view();
    object.remove_suffix(std::min<std::size_t>(object.size(), 1));  // the line's end
    out_ += fmt::format("{{\"at\":\"{}\",\"packet\":{}", place_text(place), object);
    if (detail_) put_detail(batch);
    out_ += '}';
  }
  const std::string& text() const noexcept { return out_; }

 private:
  void put_detail(const BatchPacket& batch) {
    text_.text().clear();
    text_.append(batch);
    out_ += ",\"text\":" + tools::json_string(text_.text().view()) + ",\"hex\":\"";
    constexpr char kDigits[] = "0123456789abcdef";
    for (std::uint32_t i = 0; i < batch.view.caplen; ++i) {
      out_ += kDigits[batch.view.data[i] >> 4];
      out_ += kDigits[batch.view.data[i] & 15];
    }
    out_ += '"';
  }

  bool detail_;
  text::Names names_;
  tools::ShowOptions json_options_;
  tools::ShowOptions detail_options_;
  show::PacketLines json_;
  show::PacketLines text_;
  std::uint64_t number_ = 0;
  std::string out_;
};

}  // namespace

void answer_packets(Desk& desk, const Inquiry& inquiry, Answer& answer) {
  const Question& question = inquiry.question;
  Search search(desk.archive, question, answer, desk.limits.seconds);
  show::InterfaceBook book(search.set().files.size());
  Lines lines(question);
  Places places(question);
  std::size_t count = 0;
  bool more = false;
  std::uint64_t passed = 0;
  const Completeness completeness = search.run(book, false, [&](const SetPacket& packet) {
    if (passed < question.offset) {
      ++passed;
      static_cast<void>(places.of(packet.packet.timestamp_ns));
      return true;
    }
    if (count == question.limit) {
      more = true;
      search.end_with(fmt::format("limit={}", question.limit));
      return false;
    }
    if (lines.text().size() >= kMostPageBytes) {  // the rest is the next page
      more = true;
      search.end_with(
          fmt::format("this server's limit of {} a page", tools::human_bytes(kMostPageBytes)));
      return false;
    }
    ++count;
    lines.put(packet, book.name_of(packet), places.of(packet.packet.timestamp_ns));
    return true;
  });
  more = more || !completeness.limit.empty();
  answer.whole(
      200, kJsonType,
      fmt::format("{{\"packets\":[{}],\n\"next\":{},\n\"completeness\":{}}}\n", lines.text(),
                  more ? fmt::format("\"{}\"", place_text(places.next())) : std::string("null"),
                  tools::dump_json(tools::completeness_json(completeness))));
}

void answer_count(Desk& desk, const Inquiry& inquiry, Answer& answer) {
  constexpr std::size_t kMostMarks = 2048;
  const Question& question = inquiry.question;
  Search search(desk.archive, question, answer, desk.limits.seconds);
  show::InterfaceBook book(search.set().files.size());
  Places places(question);
  std::uint64_t every = 100;
  std::uint64_t bytes = 0;
  std::vector<Place> marks;
  std::uint64_t count = 0;
  const Completeness completeness = search.run(book, false, [&](const SetPacket& packet) {
    const Place place = places.of(packet.packet.timestamp_ns);
    bytes += packet.packet.wirelen;
    if (count++ % every != 0) return true;
    marks.push_back(place);
    if (marks.size() < kMostMarks) return true;
    for (std::size_t i = 0; i < marks.size() / 2; ++i) marks[i] = marks[2 * i];
    marks.resize(marks.size() / 2);
    every *= 2;
    return true;
  });
  auto list = nlohmann::ordered_json::array();
  for (const Place& place : marks) list.push_back(place_text(place));
  const nlohmann::ordered_json json{{"packets", count},
                                    {"bytes", bytes},
                                    {"every", every},
                                    {"marks", std::move(list)},
                                    {"completeness", tools::completeness_json(completeness)}};
  answer.whole(200, kJsonType, tools::dump_json(json) + "\n");
}

}  // namespace capstan::serve
