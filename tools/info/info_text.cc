#include "tools/info/info_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/format/link_type.h"
#include "tools/common/append_format.h"
#include "tools/common/counted.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

constexpr std::size_t kLinesShown = 10;

// "label:     value" lines; an empty label continues the one above.
class Lines {
 public:
  void add(std::string_view label, std::string_view value) {
    const std::string head = label.empty() ? std::string{} : fmt::format("{}:", label);
    append_format(text_, "{:<14}{}\n", head, value);
  }
  // `count` lines made by `line(i)`, or the first few and how many more there are.
  template <typename Line>
  void add_list(std::string_view label, std::size_t count, bool all, Line line) {
    const std::size_t shown = all ? count : std::min(count, kLinesShown);
    for (std::size_t i = 0; i < shown; ++i) add(i == 0 ? label : "", line(i));
    if (shown < count) add("", fmt::format("and {} more (--all lists them)", count - shown));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string compression_text(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return ", gzip";
    case Compression::kZstd:
      return ", zstd";
    case Compression::kNone:
      break;
  }
  return {};
}

std::string byte_order_text(bool swapped) {
  return swapped == (std::endian::native == std::endian::little) ? "big-endian" : "little-endian";
}

std::string interface_text(std::size_t id, const InterfaceSummary& interface) {
  const FileInterface& info = interface.info;
  std::string text = fmt::format("{}  {}", id, info.name.empty() ? "-" : printable(info.name));
  if (!info.description.empty()) text += fmt::format(" ({})", printable(info.description));
  text += fmt::format(": {}, {}, ", link_type_text(info.link_type),
                      counted(interface.packets, "packet"));
  text += info.snaplen == 0 ? "no snap length" : fmt::format("snap length {}", info.snaplen);
  text += fmt::format(", times in {}", resolution_text(info.timestamps));
  if (!info.filter.empty()) text += fmt::format(", filter \"{}\"", printable(info.filter));
  if (!info.os.empty()) text += fmt::format(", {}", printable(info.os));
  return text;
}

std::string span_text(const RecordingSummary& summary, const LossSpan& span) {
  std::string where;
  if (summary.loss.source == LossSource::kLedger) {
    where = fmt::format("ring {}", span.source_id);
  } else if (span.source_id < summary.interfaces.size() &&
             !summary.interfaces[span.source_id].info.name.empty()) {
    where = printable(summary.interfaces[span.source_id].info.name);
  } else {
    where = fmt::format("interface {}", span.source_id);
  }
  return fmt::format("  {}: {} between {} and {}", where, grouped(span.packets),
                     span.from_ns == 0 ? "the start" : local_time(span.from_ns),
                     span.to_ns == 0 ? "the end" : local_time(span.to_ns));
}

std::string percent_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0 || part > whole) return {};
  return fmt::format(" ({:.3g} %)", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

// One sentence on all of it.
std::string loss_headline(const RecordingSummary& summary) {
  const LossReport& loss = summary.loss;
  switch (loss.source) {
    case LossSource::kNone:
      return "no loss information in this file";
    case LossSource::kPacketOptions:
      return fmt::format("{} lost, as single packets say; not proven complete",
                         counted(loss.dropped, "packet"));
    case LossSource::kStatistics: {
      const std::uint64_t lost = loss.dropped + loss.interface_dropped;
      if (lost == 0) return "0 dropped, as the statistics of the capturing program say";
      return fmt::format(
          "{} lost, as the statistics of the capturing program say: {} by the "
          "system, {} by the interface",
          counted(lost, "packet"), grouped(loss.dropped), grouped(loss.interface_dropped));
    }
    case LossSource::kLedger:
      break;
  }
  const std::string received = grouped(loss.received);
  const char* const until = loss.proof == LossProof::kUpToItsEnd ? " up to where it ends" : "";
  if (loss.dropped != 0 || loss.interface_dropped != 0) {
    std::string text = fmt::format("{} lost of {} received{}", counted(loss.dropped, "packet"),
                                   received, percent_of(loss.dropped, loss.received));
    if (loss.interface_dropped != 0) {
      text += fmt::format(", and {} by the interface", grouped(loss.interface_dropped));
    }
    return text + until;
  }
  if (!loss.whole_file) return "0 lost where there is a ledger; a part of the file has none";
  if (loss.lossy()) {
    return fmt::format("0 dropped of {} received{}, but not all of them are in the file", received,
                       until);
  }
  if (loss.proof == LossProof::kUnknown) {
    return fmt::format("0 dropped of {} received; whether all of them were written is not known",
                       received);
  }
  return fmt::format("lossless{}: {} received, 0 dropped", until, received);
}

// How it is known, where that is less than a proof, and whose packets the counts are.
void add_proof(Lines& lines, const RecordingSummary& summary) {
  const LossReport& loss = summary.loss;
  if (loss.source != LossSource::kLedger) return;
  if (loss.proof != LossProof::kProved) {
    lines.add("", fmt::format("  not proved further: {}", printable(loss.proof_reason)));
  }
  if (loss.stripes > 1) {
    lines.add("", fmt::format("  stripe {} of {}: {} of all {} are in this file", loss.stripe,
                              loss.stripes, counted(summary.packets, "packet"),
                              grouped(loss.received - std::min(loss.dropped, loss.received))));
  }
}

void add_loss(Lines& lines, const RecordingSummary& summary, bool all) {
  const LossReport& loss = summary.loss;
  lines.add("Loss", loss_headline(summary));
  add_proof(lines, summary);
  if (loss.missing != 0) {
    lines.add("", fmt::format("  {} counted by the ledger, not dropped, and not in the file{}",
                              counted(loss.missing, "packet"),
                              loss.disk_refused ? ": the disk refused writes" : ""));
  }
  if (loss.rings.size() > 1 || loss.dropped != 0) {
    lines.add_list("", loss.rings.size(), all, [&](std::size_t i) {
      const RingLoss& ring = loss.rings[i];
      return fmt::format("  ring {}: {} of {} lost, full {}", ring.ring, grouped(ring.dropped),
                         counted(ring.received, "packet"), counted(ring.freezes, "time"));
    });
  }
  lines.add_list("", loss.spans.size(), all,
                 [&](std::size_t i) { return span_text(summary, loss.spans[i]); });
  if (loss.spans_omitted != 0) {
    lines.add("", fmt::format("  and {} that were not kept", counted(loss.spans_omitted, "span")));
  }
}

std::string end_text(const RecordingSummary& summary) {
  if (summary.being_written) {
    return fmt::format("being written: {}",
                       summary.end.clean() ? "complete so far" : summary.end.text());
  }
  if (!summary.end.clean()) return summary.end.text();
  if (summary.loss.close_reason == CloseReason::kRepaired ||
      summary.loss.close_reason == CloseReason::kSalvaged) {
    return "where it was repaired";
  }
  return "cleanly";
}

std::string recording_text(const RecordingMark& mark) {
  return fmt::format("{}, stripe {} of {}, file {}", recording_id_text(mark), mark.stripe,
                     mark.stripes, mark.file_number);
}

void add_format(Lines& lines, const RecordingSummary& summary, bool all) {
  std::string size;
  if (summary.size_bytes) size = fmt::format(" ({})", human_bytes(*summary.size_bytes));
  lines.add("File", visible_text(summary.name) + size);
  std::string format = summary.format.text() + ", " + byte_order_text(summary.format.byte_swapped);
  format += compression_text(summary.format.compression);
  if (summary.sections.size() > 1) {
    format += ", " + counted(summary.sections.size(), "section");
  }
  lines.add("Format", format);
  if (!summary.sections.empty()) {
    const FileSection& section = summary.sections.front();
    if (!section.application.empty()) lines.add("Written by", printable(section.application));
    if (!section.os.empty()) lines.add("System", printable(section.os));
    if (!section.hardware.empty()) lines.add("Hardware", printable(section.hardware));
    if (!section.comment.empty()) lines.add("Comment", printable(section.comment));
    if (all && section.recording) lines.add("Recording", recording_text(*section.recording));
  }
  lines.add_list("Interfaces", summary.interfaces.size(), all,
                 [&](std::size_t i) { return interface_text(i, summary.interfaces[i]); });
}

}  // namespace

std::string recording_id_text(const RecordingMark& mark) {
  std::string text;
  for (const std::uint8_t byte : mark.id) text += fmt::format("{:02x}", byte);
  return text;
}

std::string resolution_text(const TimestampScale& scale) {
  const unsigned exponent = scale.resolution() & 0x7FU;
  if ((scale.resolution() & 0x80U) != 0) return fmt::format("2^-{} s", exponent);
  switch (exponent) {
    case 0:
      return "s";
    case 3:
      return "ms";
    case 6:
      return "us";
    case 9:
      return "ns";
    default:
      return fmt::format("10^-{} s", exponent);
  }
}

std::string info_text(const RecordingSummary& summary, bool all) {
  Lines lines;
  add_format(lines, summary, all);
  lines.add("Packets", grouped(summary.packets));
  lines.add("Captured", fmt::format("{} bytes", grouped(summary.captured_bytes)));
  lines.add("On the wire", fmt::format("{} bytes", grouped(summary.wire_bytes)));
  if (summary.truncated_packets != 0) {
    lines.add("Cut packets", fmt::format("{}, captured shorter than they were",
                                         grouped(summary.truncated_packets)));
  }
  if (summary.first_ns) {
    lines.add("First", local_time(*summary.first_ns));
    lines.add("Last", local_time(*summary.last_ns) +
                          (summary.in_time_order ? "" : ", not everywhere in order of time"));
    lines.add("Duration", human_duration(summary.duration_ns()));
  }
  if (summary.duration_ns() != 0) {
    lines.add("Rate", fmt::format("{}packets/s, {}b/s", human_rate(summary.packets_per_second()),
                                  human_rate(summary.bits_per_second())));
  }
  add_loss(lines, summary, all);
  lines.add_list("Events", summary.events.size(), all, [&](std::size_t i) {
    const RecordedEvent& event = summary.events[i];
    return fmt::format("{}  {}", local_time(event.timestamp_ns), printable(event.text));
  });
  if (summary.events_omitted != 0) {
    lines.add("",
              fmt::format("and {} that were not kept", counted(summary.events_omitted, "event")));
  }
  for (const std::string& problem : summary.loss.problems) lines.add("Problem", problem);
  lines.add("Ends", end_text(summary));
  return lines.take();
}

std::string together_text(const TogetherReport& report) {
  Lines lines;
  lines.add("Together", fmt::format("{} of {}", counted(report.files, "file"),
                                    counted(report.recordings, "recording")));
  lines.add("Packets", grouped(report.packets));
  if (report.first_ns) {
    lines.add("First", local_time(*report.first_ns));
    lines.add("Last", local_time(*report.last_ns));
  }
  std::string loss;
  if (report.lossy()) {
    loss = fmt::format("{} lost of {} received{}", counted(report.dropped, "packet"),
                       grouped(report.received), percent_of(report.dropped, report.received));
    if (report.interface_dropped != 0) {
      loss += fmt::format(", {} by the interface", grouped(report.interface_dropped));
    }
    if (report.missing != 0) loss += fmt::format(", {} not written", grouped(report.missing));
    if (report.problems != 0) loss += fmt::format("; {} damaged", counted(report.problems, "file"));
  } else if (report.proof == LossProof::kUnknown) {
    loss = "not known";
  } else {
    loss = fmt::format("lossless{}: {} received, 0 dropped",
                       report.proof == LossProof::kProved ? "" : " as far as the files go",
                       grouped(report.received));
  }
  lines.add("Loss", loss);
  for (const std::string& reason : report.reasons) lines.add("", "  " + printable(reason));
  return lines.take();
}

}  // namespace capstan::tools
