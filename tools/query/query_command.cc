#include "tools/query/query_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/filter/packet_filter.h"
#include "engine/reader/completeness.h"
#include "engine/reader/set_reader.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/outputs.h"
#include "tools/common/signals.h"
#include "tools/common/units.h"
#include "tools/query/answer_end.h"
#include "tools/query/completeness_text.h"
#include "tools/query/gentle.h"
#include "tools/query/query_cli.h"
#include "tools/query/query_filter.h"
#include "tools/query/query_list.h"
#include "tools/show/interface_book.h"
#include "tools/show/packet_output.h"
#include "tools/watch/status_socket.h"
#include "writers/recording/packet_copier.h"

namespace capstan::tools {

namespace {

// Where the packets of an answer go.
class Answer {
 public:
  virtual ~Answer() = default;
  virtual SetListener& listener() = 0;
  // False: nothing more is wanted.
  virtual bool take(const SetPacket& packet) = 0;
  virtual void finish(const Completeness& completeness) = 0;
  // After an error: what was taken so far shall be readable.
  virtual void save() noexcept {}
};

class LineAnswer final : public Answer {
 public:
  LineAnswer(const QueryCommandLine& line, const RecordingSet& set)
      : book_(set.files.size()), output_(line.show, show::PacketSource::kFile) {}

  SetListener& listener() override { return book_; }
  bool take(const SetPacket& packet) override {
    return output_.take(packet.packet, book_.name_of(packet), false);
  }
  void finish(const Completeness&) override { output_.finish(); }

 private:
  show::InterfaceBook book_;  // outlives the output's threads
  show::PacketOutput output_;
};

std::string asked_text(const QueryCommandLine& line) {
  std::string text = "capstan query";
  if (line.range.since_ns != 0) text += " --since " + local_time(line.range.since_ns);
  if (line.range.until_ns != ~std::uint64_t{0}) {
    text += " --until " + local_time(line.range.until_ns);
  }
  for (const std::string& input : line.inputs) text += " -r " + printable(input);
  if (line.inner) text += " --inner";
  if (!line.filter.empty()) text += " " + line.filter;
  return text;
}

class FileAnswer final : public Answer {
 public:
  FileAnswer(const QueryCommandLine& line, const RecordingSet& set)
      : asked_(asked_text(line)), writer_(file_options(line, asked_)), copier_(set, copy(line)) {
    copier_.set_writer(writer_);
  }

  SetListener& listener() override { return copier_; }
  bool take(const SetPacket& packet) override {
    copier_.put(packet);
    last_ns_ = std::max(last_ns_, packet.packet.timestamp_ns);
    return !writer_.closed();
  }

  void finish(const Completeness& completeness) override {
    finish_answer(writer_, copier_, completeness, last_ns_);
  }

  void save() noexcept override {
    try {
      copier_.finish_interfaces();
      writer_.finish();
    } catch (...) {  // the first error is the one to be told
    }
  }

 private:
  static PacketFileOptions file_options(const QueryCommandLine& line, const std::string& asked) {
    PacketFileOptions options;
    options.path = line.write_path;
    options.compression = line.compression;
    options.format = line.format;
    options.application = "capstan " CAPSTAN_VERSION;
    options.comment = asked;
    options.comment_room_bytes = kCompletenessRoomBytes;
    return options;
  }
  static CopyOptions copy(const QueryCommandLine& line) {
    CopyOptions options;
    options.origin = line.origin;
    return options;
  }

  std::string asked_;
  PacketFileWriter writer_;
  PacketCopier copier_;
  std::uint64_t last_ns_ = 0;
};

// A recorder is running here, or one of the files is being written.
bool beside_recorder(const RecordingSet& set) {
  const bool unfinished = std::any_of(set.files.begin(), set.files.end(),
                                      [](const SetFile& file) { return file.unfinished; });
  return unfinished || a_recorder_runs();
}

void write_stats(const std::string& path, const std::string& json) {
  std::FILE* const file = path == "-" ? stdout : std::fopen(path.c_str(), "we");
  if (file == nullptr) throw_errno(fmt::format("open {}", path));
  const bool good =
      std::fwrite(json.data(), 1, json.size(), file) == json.size() && std::fflush(file) == 0;
  const int error = errno;
  if (path != "-") std::fclose(file);
  if (!good && !(path == "-" && error == EPIPE)) {
    throw_system_error(error, fmt::format("write {}", path));
  }
}

class Query {
 public:
  Query(const QueryCommandLine& line, const std::atomic<bool>& stop)
      : line_(line), stop_(stop), set_(RecordingSet::find(line.inputs)), filter_(line, set_) {}

  int run() {
    refuse_to_overwrite(line_.write_path, set_);
    const bool gentle = line_.gentleness == Gentleness::kAlways ||
                        (line_.gentleness == Gentleness::kAuto && beside_recorder(set_));
    if (gentle) become_idle();
    if (line_.use_index) filter_.plan_ahead(set_);
    if (line_.list_only) return list_query(line_, set_, filter_);
    const std::uint64_t began_ns = monotonic_clock_ns();
    std::unique_ptr<Answer> answer;
    if (line_.write_path.empty()) {
      answer = std::make_unique<LineAnswer>(line_, set_);
    } else {
      answer = std::make_unique<FileAnswer>(line_, set_);
    }
    SetReader reader(set_, reader_options(*answer));
    filter_.end_plans();
    try {
      take_packets(reader, *answer);
    } catch (...) {
      answer->save();
      throw;
    }
    reader.finish();
    const Completeness completeness =
        judge(reader, line_.range, reader.stopped(), limit_, reached_ns_);
    answer->finish(completeness);
    report(reader, completeness, monotonic_clock_ns() - began_ns);
    return line_.fail_on_loss && !completeness.whole() ? kExitLoss : kExitDone;
  }

 private:
  SetReaderOptions reader_options(Answer& answer) {
    SetReaderOptions options;
    options.range = line_.range;
    options.listener = &answer.listener();
    options.report_others = !line_.write_path.empty();
    options.stop = &stop_;
    if (!line_.filter.empty()) {
      options.accept = [this](const PacketView& packet) { return filter_.matches(packet); };
    }
    if (line_.use_index) {
      options.plan = [this](const SetFile& file) { return filter_.plan(file); };
    }
    return options;
  }

  void take_packets(SetReader& reader, Answer& answer) {
    SetPacket packet;
    while (reader.next(packet)) {
      if (totals_.bytes + packet.packet.caplen > line_.byte_limit) {
        limit_ = fmt::format("--max-bytes {}", line_.byte_limit);
        return;
      }
      ++totals_.packets;
      totals_.bytes += packet.packet.caplen;
      reached_ns_ = packet.packet.timestamp_ns;
      const bool more = answer.take(packet);
      if (totals_.packets == line_.packet_limit) {
        limit_ = fmt::format("-c {}", line_.packet_limit);
        return;
      }
      if (!more) {
        limit_ = "a closed output";
        return;
      }
    }
  }

  void report(const SetReader& reader, const Completeness& completeness,
              std::uint64_t duration_ns) {
    for (const FileOutcome& outcome : reader.outcomes()) {
      totals_.packets_read += outcome.packets;
      totals_.bytes_read += outcome.bytes;
    }
    totals_.duration_ns = duration_ns;
    if (!line_.stats_path.empty()) {
      write_stats(line_.stats_path, query_stats_json(totals_, completeness, line_.filter));
    }
    if (limit_ == "a closed output") return;
    filter_.link_filter().report("query");
    say("{} packet{}, {} from {} file{}\n{}", grouped(totals_.packets),
        totals_.packets == 1 ? "" : "s", human_bytes(totals_.bytes), grouped(completeness.files),
        completeness.files == 1 ? "" : "s", completeness_text(completeness));
  }

  const QueryCommandLine& line_;
  const std::atomic<bool>& stop_;
  const RecordingSet set_;
  QueryFilter filter_;
  QueryTotals totals_;
  std::string limit_;
  std::uint64_t reached_ns_ = 0;
};

}  // namespace

int query_command(int argc, char** argv) {
  const auto line = parse_query_command_line(argc, argv);
  if (!line) return kExitDone;
  std::signal(SIGPIPE, SIG_IGN);
  return Query(*line, stop_flag_on_signals()).run();
}

}  // namespace capstan::tools
