#include "tools/info/info_fields.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "engine/core/joined.h"
#include "engine/format/link_type.h"
#include "tools/common/append_format.h"
#include "tools/common/units.h"
#include "tools/info/file_hashes.h"

namespace capstan::tools {

namespace {

struct Field {
  char letter;
  const char* heading;  // capinfos' own, so that its readers find their columns
};

// Everything that capinfos has and a recording can answer, and the two that it does not have.
constexpr Field kFields[] = {{'t', "File type"},
                             {'E', "File encapsulation"},
                             {'l', "Packet size limit"},
                             {'c', "Number of packets"},
                             {'s', "File size (bytes)"},
                             {'d', "Data size (bytes)"},
                             {'u', "Capture duration (seconds)"},
                             {'a', "Start time"},
                             {'e', "End time"},
                             {'y', "Data byte rate (bytes/sec)"},
                             {'i', "Data bit rate (bits/sec)"},
                             {'z', "Average packet size (bytes)"},
                             {'x', "Average packet rate (packets/sec)"},
                             {'H', "SHA256"},
                             {'o', "Strict time order"},
                             {'k', "Capture comment"},
                             {'!', "Packets lost"},
                             {'?', "Lossless"}};

std::string number(double value, const FieldOptions& options, int digits = 2) {
  if (options.machine || options.table) return fmt::format("{:.{}f}", value, digits);
  return fmt::format("{:.1f}", value);
}

std::string count(std::uint64_t value, const FieldOptions& options) {
  return options.machine || options.table ? fmt::format("{}", value) : grouped(value);
}

std::string time_of(const std::optional<std::uint64_t>& time_ns, const FieldOptions& options) {
  if (!time_ns) return "n/a";
  if (!options.seconds) return local_time(*time_ns);
  return fmt::format("{}.{:09}", *time_ns / 1'000'000'000, *time_ns % 1'000'000'000);
}

std::string encapsulation(const RecordingSummary& summary) {
  std::set<std::string> names;
  for (const InterfaceSummary& interface : summary.interfaces)
    names.insert(link_type_text(interface.info.link_type));
  return names.empty() ? "n/a"
                       : joined(std::vector<std::string>(names.begin(), names.end()), " and ");
}

std::string packet_size_limit(const RecordingSummary& summary) {
  std::uint32_t limit = 0;
  for (const InterfaceSummary& interface : summary.interfaces)
    limit = std::max(limit, interface.info.snaplen);
  return limit == 0 ? "(not set)" : fmt::format("{}", limit);
}

std::string lossless(const LossReport& loss) {
  if (loss.lossless()) return "True";
  return loss.lossy() ? "False" : "not known";
}

double per_second(const RecordingSummary& summary, std::uint64_t value) {
  const double seconds = static_cast<double>(summary.duration_ns()) / 1e9;
  return seconds > 0 ? static_cast<double>(value) / seconds : 0;
}

std::string value_of(char letter, const RecordingSummary& summary, const FieldOptions& options) {
  switch (letter) {
    case 't':
      return summary.format.text();
    case 'E':
      return encapsulation(summary);
    case 'l':
      return packet_size_limit(summary);
    case 'c':
      return count(summary.packets, options);
    case 's':
      return summary.size_bytes ? count(*summary.size_bytes, options) : "n/a";
    case 'd':
      return count(summary.wire_bytes, options);
    case 'u':
      return fmt::format("{:.9f}", static_cast<double>(summary.duration_ns()) / 1e9);
    case 'a':
      return time_of(summary.first_ns, options);
    case 'e':
      return time_of(summary.last_ns, options);
    case 'y':
      return number(per_second(summary, summary.wire_bytes), options);
    case 'i':
      return number(8 * per_second(summary, summary.wire_bytes), options);
    case 'z':
      return number(summary.packets == 0 ? 0
                                         : static_cast<double>(summary.wire_bytes) /
                                               static_cast<double>(summary.packets),
                    options);
    case 'x':
      return number(per_second(summary, summary.packets), options);
    case 'o':
      return summary.in_time_order ? "True" : "False";
    case 'k':
      return summary.sections.empty() ? "" : printable(summary.sections.front().comment);
    case '!':
      return count(summary.loss.dropped + summary.loss.interface_dropped + summary.loss.missing,
                   options);
    case '?':
      return lossless(summary.loss);
    default:
      return {};
  }
}

// Headings and values of what is asked for, in the order of kFields.
struct Answer {
  std::string heading;
  std::string value;
};

bool is_asked(char letter, const FieldOptions& options) {
  return options.fields.empty() || options.fields.find(letter) != std::string::npos;
}

std::vector<Answer> answers(const RecordingSummary* summary, const FieldOptions& options) {
  std::vector<Answer> list;
  for (const Field& field : kFields) {
    if (!is_asked(field.letter, options)) continue;
    if (field.letter != 'H') {
      list.push_back({field.heading, summary == nullptr
                                         ? std::string()
                                         : value_of(field.letter, *summary, options)});
      continue;
    }
    const FileHashes hashes = summary == nullptr ? FileHashes() : hash_file(summary->name);
    list.push_back({"SHA256", hashes.sha256});
    list.push_back({"RIPEMD160", hashes.ripemd160});
    list.push_back({"SHA1", hashes.sha1});
  }
  return list;
}

std::string quoted(const std::string& text, const FieldOptions& options) {
  return fmt::format("{0}{1}{0}", options.quote, text);
}

}  // namespace

std::string_view all_fields() {
  static const std::string letters = [] {
    std::string all;
    for (const Field& field : kFields) all += field.letter;
    return all;
  }();
  return letters;
}

std::string fields_header(const FieldOptions& options) {
  std::string line = quoted("File name", options);
  for (const Answer& answer : answers(nullptr, options))
    line += options.separator + quoted(answer.heading, options);
  return line + '\n';
}

std::string fields_text(const RecordingSummary& summary, const FieldOptions& options) {
  const std::string name = printable(summary.name);
  std::string text;
  if (options.table) {
    text = quoted(name, options);
    for (const Answer& answer : answers(&summary, options))
      text += options.separator + quoted(answer.value, options);
    return text + '\n';
  }
  const auto add = [&text](const std::string& heading, const std::string& value) {
    append_format(text, "{:<36}{}\n", heading + ':', value);
  };
  add("File name", name);
  for (const Answer& answer : answers(&summary, options)) add(answer.heading, answer.value);
  return text;
}

}  // namespace capstan::tools
