#include "tools/merge/merge_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "engine/core/errors.h"
#include "engine/flow/decapsulate.h"
#include "engine/reader/completeness.h"
#include "engine/reader/set_reader.h"
#include "tools/common/exit_status.h"
#include "tools/common/link_filter.h"
#include "tools/common/log.h"
#include "tools/common/outputs.h"
#include "tools/common/signals.h"
#include "tools/common/units.h"
#include "tools/merge/merge_cli.h"
#include "tools/query/completeness_text.h"
#include "writers/recording/packet_copier.h"

namespace capstan::tools {

namespace {

// "out_00002.pcapng" for "out.pcapng".
std::string numbered(const std::string& path, std::uint32_t number) {
  const std::filesystem::path whole(path);
  const std::string name =
      fmt::format("{}_{:05}{}", whole.stem().string(), number, whole.extension().string());
  return (whole.parent_path() / name).string();
}

class Merge {
 public:
  Merge(const MergeCommandLine& line, const std::atomic<bool>& stop)
      : line_(line),
        set_(RecordingSet::find(line.inputs)),
        filter_(line.filter, set_),
        copier_(set_, copy_options(line)) {
    open_next();
    SetReaderOptions options;
    options.range = line.range;
    options.listener = &copier_;
    options.report_others = true;
    options.stop = &stop;
    if (!line.filter.empty()) {
      options.accept = [this](const PacketView& packet) { return filter_.matches(packet); };
    }
    reader_ = std::make_unique<SetReader>(set_, std::move(options));
  }

  int run() {
    try {
      SetPacket packet;
      while (reader_->next(packet)) {
        take(packet);
        if (writer_->closed()) return kExitDone;
      }
      reader_->finish();
      copier_.finish_interfaces();
      writer_->finish();
    } catch (...) {
      save();
      throw;
    }
    return report();
  }

 private:
  static CopyOptions copy_options(const MergeCommandLine& line) {
    CopyOptions options;
    options.statistics = true;
    options.others = true;
    options.silent_interfaces = true;
    options.snaplen = line.snaplen;
    return options;
  }

  void open_next() {
    PacketFileOptions options;
    options.path = line_.split.any() ? numbered(line_.write_path, ++files_) : line_.write_path;
    const NamedOutput outputs[] = {{"-w", options.path}};
    refuse_to_overwrite(outputs, set_);
    options.format = line_.format;
    options.compression = line_.compression;
    options.application = "capstan " CAPSTAN_VERSION;
    if (line_.snaplen != 0) options.snaplen = line_.snaplen;
    if (writer_) {
      copier_.finish_interfaces();
      writer_->finish();
    }
    writer_ = std::make_unique<PacketFileWriter>(std::move(options));
    copier_.set_writer(*writer_);
    file_packets_ = 0;
    file_bytes_ = 0;
  }

  bool file_is_full(std::uint64_t time_ns) const noexcept {
    const SplitLimits& split = line_.split;
    if (file_packets_ == 0) return false;
    if (split.packets != 0 && file_packets_ >= split.packets) return true;
    if (split.size_bytes != 0 && file_bytes_ >= split.size_bytes) return true;
    return split.duration_ns != 0 && time_ns >= file_first_ns_ &&
           time_ns - file_first_ns_ >= split.duration_ns;
  }

  void take(const SetPacket& packet) {
    if (line_.split.any() && file_is_full(packet.packet.timestamp_ns)) open_next();
    if (file_packets_ == 0) file_first_ns_ = packet.packet.timestamp_ns;
    ++packets_;
    ++file_packets_;
    file_bytes_ += packet.packet.caplen + kRecordBytes;
    if (line_.decapsulate) {
      if (const std::optional<Decapsulated> inside = decapsulate(packet.packet)) {
        ++decapsulated_;
        copier_.put(packet, inside->label, &inside->packet);
        return;
      }
    }
    copier_.put(packet);
  }

  // What was written before an error shall be readable.
  void save() noexcept {
    try {
      copier_.finish_interfaces();
      writer_->finish();
    } catch (...) {  // the first error is the one to be told
    }
  }

  int report() const {
    const Completeness completeness = judge(*reader_, line_.range, reader_->stopped());
    say("{} packet{} from {} file{}", grouped(packets_), packets_ == 1 ? "" : "s",
        grouped(completeness.files), completeness.files == 1 ? "" : "s");
    if (line_.split.any()) say(" in {} files", grouped(files_));
    if (line_.decapsulate) {
      say(", {} taken out of tunnels", grouped(decapsulated_));
    }
    say("\n{}", completeness_text(completeness));
    filter_.report("merge");
    const NotCopied& left_out = copier_.not_copied();
    const auto say_count = [](std::uint64_t count, const char* what) {
      if (count != 0) say("{} {}\n", grouped(count), what);
    };
    say_count(left_out.private_blocks,
              "custom blocks are left out: they say that they must not be copied");
    say_count(left_out.foreign_blocks,
              "blocks of an unknown kind are left out: they are of the other byte order");
    say_count(
        left_out.pcap_blocks,
        "blocks (names, secrets, statistics, events) are left out: pcap has no place for them");
    const bool failed = !completeness.damaged.empty() || !completeness.unreadable.empty();
    return failed ? kExitFailed : kExitDone;
  }

  // What a record has around its packet, about.
  static constexpr std::uint64_t kRecordBytes = 32;

  const MergeCommandLine& line_;
  const RecordingSet set_;
  LinkFilter filter_;
  PacketCopier copier_;
  std::unique_ptr<PacketFileWriter> writer_;
  std::unique_ptr<SetReader> reader_;
  std::uint64_t packets_ = 0;
  std::uint64_t decapsulated_ = 0;
  std::uint32_t files_ = 0;
  std::uint64_t file_packets_ = 0;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t file_first_ns_ = 0;
};

}  // namespace

int merge_command(int argc, char** argv) {
  const auto line = parse_merge_command_line(argc, argv);
  if (!line) return kExitDone;
  std::signal(SIGPIPE, SIG_IGN);
  return Merge(*line, stop_flag_on_signals()).run();
}

}  // namespace capstan::tools
