#include "tools/serve/download.h"

#include <fmt/format.h>

#include "tools/common/units.h"

namespace capstan::serve {

namespace {

// HTTP allows visible ASCII in a header, and no line end.
std::string one_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      line.append("; ");
    } else {
      line.push_back(c >= 0x20 && c < 0x7f ? c : '?');
    }
  }
  while (line.ends_with("; ")) line.resize(line.size() - 2);
  return line.substr(0, 1000);
}

std::string file_name_of(const Question& question) {
  std::string when = question.range.since_ns == 0 ? "" : tools::utc_time(question.range.since_ns);
  when = when.substr(0, when.find('.'));
  std::erase_if(when, [](char c) { return c == '-' || c == ':'; });
  return when.empty() ? "capstan.pcapng" : fmt::format("capstan-{}Z.pcapng", when);
}

}  // namespace

PacketFileOptions download_options(const Question& question) {
  PacketFileOptions options;
  options.path = "the answer";
  options.application = "capstan " CAPSTAN_VERSION;
  options.comment = "capstan serve";
  if (question.fleet) options.comment += " --fleet " + tools::visible_text(*question.fleet);
  if (question.range.since_ns != 0) {
    options.comment += " --since " + tools::local_time(question.range.since_ns);
  }
  if (question.range.until_ns != TimeRange::kNoEnd) {
    options.comment += " --until " + tools::local_time(question.range.until_ns);
  }
  if (question.inner) options.comment += " --inner";
  if (!question.filter.empty()) options.comment += " " + question.filter;
  return options;
}

void begin_download(Answer& answer, const Question& question) {
  answer.begin(
      200, "application/x-pcapng",
      {{"Content-Disposition", fmt::format("attachment; filename=\"{}\"", file_name_of(question))},
       {"Trailer",
        "Capstan-Complete, Capstan-Completeness, Capstan-Packets, Capstan-Lost, "
        "Capstan-Recorded-From"}});
}

void finish_download(Answer& answer, const DownloadEnd& end) {
  HeaderLines trailers{{"Capstan-Complete", end.word},
                       {"Capstan-Completeness", one_line(end.words)},
                       {"Capstan-Packets", std::to_string(end.packets)},
                       {"Capstan-Lost", std::to_string(end.lost)}};
  if (end.recorded_from_ns != 0) {
    trailers.emplace_back("Capstan-Recorded-From", tools::utc_time(end.recorded_from_ns));
  }
  answer.finish(std::move(trailers));
}

}  // namespace capstan::serve
