#include "tools/show/file_show.h"

#include <fmt/format.h>

#include <cstdio>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "engine/filter/packet_filter.h"
#include "engine/format/link_type.h"
#include "engine/reader/capture_file.h"
#include "engine/reader/completeness.h"
#include "engine/reader/loss_account.h"
#include "tools/common/counted.h"
#include "tools/common/exit_status.h"
#include "tools/common/link_filter.h"
#include "tools/common/log.h"
#include "tools/common/outputs.h"
#include "tools/common/units.h"
#include "tools/show/interface_book.h"
#include "tools/show/packet_output.h"

namespace capstan::tools {

namespace {

// As tcpdump says it, before the first packet. pcapng files have interfaces only once they are
// read: with none yet the kind of file has to do.
void announce(const CaptureFile& file) {
  if (file.interfaces().empty()) {
    say("reading from file {}, {}\n", visible_text(file.name()), file.format().text());
    return;
  }
  const FileInterface& first = file.interfaces().front();
  say("reading from file {}, link-type {} ({}), snapshot length {}\n", visible_text(file.name()),
      link_type_name(first.link_type), link_type_text(first.link_type), first.snaplen);
}

// Before -w is opened, which empties it. What -r names was looked at with the command line.
void refuse_overwriting(const ShowOptions& options) {
  if (options.write_path.empty()) return;
  const NamedOutput outputs[] = {{"-w", options.write_path}};
  if (!options.file_list.empty()) check_outputs(outputs, options.files);
  for (const std::string& path : options.files) {
    if (path == "-" || !std::filesystem::is_directory(path)) continue;
    refuse_to_overwrite(outputs, RecordingSet::find({path}));
  }
}

class FileShow {
 public:
  explicit FileShow(const ShowOptions& options)
      : options_(options), output_(options, show::PacketSource::kFile) {}

  int run() {
    for (const std::string& path : options_.files) {
      if (enough_) break;
      show(path);
    }
    output_.finish();
    if (filter_) say_of_filter();
    if (output_.late() != 0) {
      say("capstan show: {}: {} packet{} later than 2106-02-07 06:28:15 UTC, the last second "
          "that classic pcap has, which stands there instead\n",
          options_.write_path, output_.late(), output_.late() == 1 ? " is" : "s are");
    }
    if (output_.strays() != 0) {
      say("capstan show: {} TCP segments were printed apart from their connection, without "
          "relative numbers: this is a bug in capstan, please report it; --decode-workers 0 "
          "prints them right\n",
          output_.strays());
    }
    return status_;
  }

 private:
  // The recordings in a directory as one, in the order of time.
  void show_directory(const std::string& path) {
    const RecordingSet set = RecordingSet::find({path});
    LinkFilter filter(options_.filter, set);
    show::InterfaceBook book(set.files.size());
    SetReaderOptions reading;
    reading.listener = &book;
    reading.accept = [&](const PacketView& packet) {
      return (options_.direction == Direction::kUnknown ||
              packet.direction == options_.direction) &&
             filter.matches(packet);
    };
    SetReader reader(set, std::move(reading));
    say("reading from {} files in {}\n", set.files.size(), visible_text(path));
    try {
      SetPacket packet;
      while (!enough_ && reader.next(packet)) {
        enough_ = !output_.take(packet.packet, book.name_of(packet), false);
      }
    } catch (...) {
      output_.drain();
      throw;
    }
    output_.drain();
    reader.finish();
    filter.report("show");
    if (!enough_) report_directory(judge(reader, {}));
  }

  void report_directory(const Completeness& completeness) {
    for (const auto* troubles : {&completeness.damaged, &completeness.unreadable}) {
      for (const SetTrouble& trouble : *troubles) {
        say("capstan show: {}: {}\n", visible_text(trouble.path), visible_text(trouble.text));
        status_ = kExitFailed;
      }
    }
  }

  void show(const std::string& path) {
    if (path != "-" && std::filesystem::is_directory(path)) {
      show_directory(path);
      return;
    }
    // Whoever watches a pipe or a connection sees what has come before the next packet comes.
    CaptureFile file =
        CaptureFile::open(path, ReadManner::kOrdinary, nullptr, [this] { output_.drain(); });
    interface_names_.clear();
    loss_.reset();
    if (path == "-" || is_tcp_source(path)) loss_.emplace();
    try {
      take_packets(file);
    } catch (...) {
      output_.drain();  // what came before is shown, and nothing of the file is used any more
      throw;
    }
    output_.drain();
    if (loss_) report_loss(path, file);
    if (enough_ || file.end().clean()) return;
    say("capstan show: {}: {}\n", visible_text(path), file.end().text());
    status_ = kExitFailed;
  }

  // A file can be asked later (`info`). What comes as a stream is gone with its account.
  void report_loss(const std::string& path, const CaptureFile& file) {
    const bool all = !enough_ && file.end().clean();
    const LossReport loss = loss_->finish({all, !all});
    const std::string name = path == "-" ? "standard input" : visible_text(path);
    const std::uint64_t lost = loss.dropped + loss.interface_dropped;
    if (lost != 0) {
      say("capstan show: {}: {} lost while it was recorded\n", name, counted(lost, "packet"));
    }
    if (loss.missing != 0) {
      say("capstan show: {}: {} missing: recorded, and not in this stream\n", name,
          counted(loss.missing, "packet"));
    }
    if (all && loss.source == LossSource::kLedger && !loss.has_closing_ledger) {
      say("capstan show: {}: it ended without its account: what is missing at its end is not "
          "known\n",
          name);
    }
    if (loss.lossy() || loss.proof == LossProof::kProved) output_.note_loss(loss);
  }

  // The next packet; of a stream, what else is in it goes into the account of what it lost.
  bool next_packet(CaptureFile& file, PacketView& packet) {
    if (!loss_) return file.next(packet);
    while (true) {
      const ReadItem item = file.next_item(packet);
      if (item == ReadItem::kEnd) return false;
      if (item == ReadItem::kPacket) {
        loss_->add_packet(packet);
        return true;
      }
      loss_->add_item(item, file, file.item_offset());
    }
  }

  // A filter that could not be asked about a single packet is a mistake, as it is to tcpdump.
  void say_of_filter() {
    const std::vector<std::string> notes = filter_->notes();
    if (filter_->answered_nothing()) throw UsageError(joined(notes, "; "));
    for (const std::string& note : notes) say("capstan show: {}\n", note);
  }

  void take_packets(CaptureFile& file) {
    PacketView packet;
    bool more = next_packet(file, packet);
    announce(file);
    if (!file.interfaces().empty()) output_.begin_file(file.interfaces().front().link_type);
    if (!options_.filter.empty() && !filter_) {
      filter_.emplace(options_.filter, more ? packet.link_type : link_type::kEthernet);
    }
    const bool stays = file.packets_stay_valid();
    for (; more; more = next_packet(file, packet)) {
      if (filter_ && !filter_->matches(packet)) continue;
      if (options_.direction != Direction::kUnknown && packet.direction != options_.direction) {
        continue;
      }
      enough_ = !output_.take(packet, name_of(file, packet.interface_id), stays);
      if (enough_) return;
    }
  }

  // The reader's own names move when it meets further interfaces.
  const std::string* name_of(const CaptureFile& file, std::uint32_t interface_id) {
    const std::vector<FileInterface>& interfaces = file.interfaces();
    while (interface_names_.size() < interfaces.size()) {
      interface_names_.push_back(interfaces[interface_names_.size()].name);
    }
    return interface_id < interface_names_.size() ? &interface_names_[interface_id] : nullptr;
  }

  const ShowOptions& options_;
  std::deque<std::string> interface_names_;  // outlives the output's threads
  std::optional<PacketFilter> filter_;
  std::optional<LossAccount> loss_;  // of the stream that is read; a file has none
  bool enough_ = false;
  int status_ = kExitDone;
  show::PacketOutput output_;
};

}  // namespace

int show_files(const ShowOptions& options) {
  refuse_overwriting(options);
  return FileShow(options).run();
}

}  // namespace capstan::tools
