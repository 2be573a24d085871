#include "tools/record/habit_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "tools/common/absent_flags.h"
#include "tools/common/capture_words.h"
#include "tools/common/command_line.h"

namespace capstan::tools {

namespace {

// About lines that are printed, and none are here; or what is done anyway.
constexpr const char* kHarmless[] = {"-n",
                                     "-v",
                                     "-U,--packet-buffered",
                                     "-l",
                                     "-e",
                                     "-t",
                                     "-K",
                                     "-N",
                                     "-A",
                                     "-X",
                                     "-x",
                                     "--immediate-mode",
                                     "-O,--no-optimize",
                                     "-g",
                                     "-#,--number",
                                     "-u"};

constexpr AbsentFlag kTcpdump[] = {
    {"--print", false, "'capstan show -i NAME --print -w FILE' records and prints"},
    {"-r", true,
     "'capstan query -r FILE -w OTHER FILTER' writes packets of files, 'merge' whole ones"},
    {"-V", true, "'capstan merge -w OTHER FILES' makes one recording of several"},
    {"-E", true, "packets are recorded as they came; tshark and Wireshark decrypt them"},
    {"-M", false, "-D, -L and -S print one form; 'capstan status --json' is for machines"},
    {"-m,-T", true, "it is about lines that are printed: 'capstan show' prints them"},
};
constexpr AbsentFlag kDumpcap[] = {
    {"-I,--monitor-mode", false, "monitor mode is set with 'iw dev NAME set type monitor'"},
    {"-k", true, "a channel is set with 'iw dev NAME set channel N'"},
    {"--temp-dir", true, "there are no temporary files; -w names the file"},
    {"--ifname,--ifdescr", true, "interfaces are named as they are"},
    {"--log-level,--log-domains,--log-file,--log-debug,--log-noisy,--log-fatal", true,
     "what is said goes to standard error"},
    {"-H", false, "802.11s draft mesh headers are not decoded"},
};

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char byte) { return byte >= '0' && byte <= '9'; });
}

}  // namespace

void add_habit_options(CommandLine& app, RawHabitOptions& raw, RecordOptions& options) {
  app.add_option("-f", raw.filters, "The filter, as dumpcap has it")
      .allow_extra_args(false)
      .may_be_empty();
  app.add_flag("-P", raw.pcap, "-F pcap, as dumpcap has it");
  app.add_option("-Q,--direction", raw.direction, "Packets that come in, go out, or inout: both");
  app.add_option("-y,--linktype", options.link_type,
                 "End at once where an interface has another link type than this");
  app.add_option("-j,--time-stamp-type", raw.time_stamp_type,
                 "host, or adapter_unsynced: --hardware-timestamps");
  app.add_option("--capture-comment", options.comments,
                 "A comment for the head of each pcapng file; again for several")
      .allow_extra_args(false)
      .may_be_empty();  // a comment without words
  app.add_flag("-L,--list-data-link-types", raw.list_link_types,
               "Print the link type of the interface and exit");
  app.add_flag("-J,--list-time-stamp-types", raw.list_time_stamp_types,
               "Print the kinds of times the interface can give and exit");
  app.add_flag("-d", raw.dump_filter,
               "Print the compiled filter and exit; -dd as C, -ddd as numbers");
  app.add_flag("-S", raw.statistics,
               "Without -w: print what each interface receives and drops, once a second");
  add_harmless_flags(app, kHarmless);
  add_absent_flags(app, kTcpdump, "tcpdump's", "capstan record");
  add_absent_flags(app, kDumpcap, "dumpcap's", "capstan record");
}

std::vector<std::string> without_buffer_limit(int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int place = 1; place < argc; ++place) {
    if (place > 1 && std::string_view(argv[place - 1]) == "-N" && is_number(argv[place])) continue;
    words.emplace_back(argv[place]);
  }
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  return words;
}

void read_habit_options(const RawHabitOptions& raw, const std::vector<std::string>& words,
                        RecordCommandLine& line, std::vector<std::string>& problems) {
  RecordOptions& options = line.options;
  std::string filter = joined(words, " ");
  if (!raw.filters.empty()) {
    if (raw.filters.size() > 1 || !filter.empty()) {
      problems.push_back(
          "one filter counts for all interfaces: -f once, or words behind the flags");
    }
    filter = raw.filters.front();
  }
  const auto understand = [&problems](const auto& read) {
    try {
      read();
    } catch (const UsageError& error) {
      problems.push_back(error.what());
    }
  };
  understand(
      [&] { options.capture.filter = with_direction(filter, parse_direction(raw.direction)); });
  understand([&] {
    if (parse_time_stamp_type(raw.time_stamp_type)) options.capture.hardware_timestamps = true;
  });
  if (raw.list_link_types) line.instead = Instead::kListLinkTypes;
  if (raw.list_time_stamp_types) line.instead = Instead::kListTimeStampTypes;
  if (raw.dump_filter > 0) line.instead = Instead::kPrintFilter;
  if (raw.statistics && options.files.empty()) line.instead = Instead::kInterfaceStatistics;
  line.filter_form = std::min(raw.dump_filter, 3);
}

}  // namespace capstan::tools
