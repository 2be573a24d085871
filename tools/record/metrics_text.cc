#include "tools/record/metrics_text.h"

#include <fmt/format.h>

#include <string>

#include "tools/watch/exposition.h"

namespace capstan::tools {

namespace {

struct RingFigure {
  const char* name;
  const char* type;
  const char* help;
  std::uint64_t RingStats::*member;
};
constexpr RingFigure kRingFigures[] = {
    {"packets_received_total", "counter", "Packets that passed the filter, dropped ones included.",
     &RingStats::received},
    {"packets_dropped_total", "counter", "Packets lost because the ring was full.",
     &RingStats::dropped},
    {"packets_damaged_total", "counter", "Ring slots that made no sense.", &RingStats::damaged},
    {"packets_truncated_total", "counter", "Packets cut because a ring block was too small.",
     &RingStats::truncated},
    {"captured_bytes_total", "counter", "Bytes of packets taken out of the ring.",
     &RingStats::captured_bytes},
    {"ring_freezes_total", "counter", "Times the ring became full.", &RingStats::freezes},
    {"ring_blocks", "gauge", "Blocks of the ring.", &RingStats::block_count},
    {"ring_blocks_held", "gauge", "Of them, those waiting to be written.", &RingStats::held_blocks},
    {"ring_bytes", "gauge", "Memory of the ring.", &RingStats::ring_size_bytes},
};

struct FileFigure {
  const char* name;
  const char* help;
  std::uint64_t FileStats::*member;
};
constexpr FileFigure kFileFigures[] = {
    {"packets_written_total", "Packets that are on the file.", &FileStats::written},
    {"packets_failed_total", "Packets not written because of an error.", &FileStats::failed},
    {"written_bytes_total", "Bytes written.", &FileStats::bytes},
    {"files_finished_total", "Files that were closed.", &FileStats::finished_count},
};

void add_links(Exposition& out, const RecordStats& stats) {
  out.family("link_up", "gauge", "1 while the interface is there, up and has a carrier.");
  for (const LinkStats& link : stats.links) {
    out.sample(fmt::format("interface=\"{}\"", label_text(link.interface_name)),
               !link.gone && link.up && link.carrier ? 1 : 0);
  }
  out.family("link_mtu_bytes", "gauge", "The interface's MTU.");
  for (const LinkStats& link : stats.links) {
    out.sample(fmt::format("interface=\"{}\"", label_text(link.interface_name)), link.mtu);
  }
}

void add_disks(Exposition& out, const RecordStats& stats) {
  out.family("disk_free_bytes", "gauge", "Room left where recordings are written.");
  for (const AlarmInputs::Disk& disk : stats.disks) {
    out.sample(fmt::format("directory=\"{}\"", label_text(disk.directory)), disk.free_bytes);
  }
  out.family("disk_size_bytes", "gauge", "Size of that file system.");
  for (const AlarmInputs::Disk& disk : stats.disks) {
    out.sample(fmt::format("directory=\"{}\"", label_text(disk.directory)), disk.total_bytes);
  }
}

}  // namespace

std::string metrics_text(const RecordStats& stats) {
  Exposition out;
  out.family("build_info", "gauge", "The version that runs.");
  out.sample(fmt::format("version=\"{}\"", CAPSTAN_VERSION), 1);
  out.family("recording_seconds", "gauge", "How long it has been recording.");
  out.sample("", static_cast<double>(stats.duration_ns) / 1e9);
  for (const RingFigure& figure : kRingFigures) {
    out.family(figure.name, figure.type, figure.help);
    for (std::size_t ring = 0; ring < stats.rings.size(); ++ring) {
      out.sample(fmt::format("interface=\"{}\",ring=\"{}\"",
                             label_text(stats.rings[ring].interface_name), ring),
                 stats.rings[ring].*figure.member);
    }
  }
  for (const FileFigure& figure : kFileFigures) {
    out.family(figure.name, "counter", figure.help);
    for (const FileStats& file : stats.files) {
      out.sample(fmt::format("file=\"{}\"", label_text(file.path)), file.*figure.member);
    }
  }
  out.family("nic_drops_total", "counter",
             "Packets lost in the adapters before the kernel saw them.");
  out.sample("", stats.nic_drops);
  out.family(
      "backlog_drops_total", "counter",
      "Packets the kernel dropped in front of every ring, on all interfaces of the machine.");
  out.sample("", stats.backlog_drops);
  out.family("rx_dropped_total", "counter",
             "rx_dropped of the interfaces, packets that no protocol wanted included.");
  out.sample("", stats.rx_dropped);
  add_links(out, stats);
  add_disks(out, stats);
  out.family("alarm", "gauge", "1 while this alarm is raised.");
  for (const AlarmState& alarm : stats.alarms) {
    out.sample(fmt::format("alarm=\"{}\",subject=\"{}\"", alarm.alarm, label_text(alarm.subject)),
               alarm.active ? 1 : 0);
  }
  return out.take();
}

}  // namespace capstan::tools
