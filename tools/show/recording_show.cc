#include "tools/show/recording_show.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "engine/block/best_effort_queue.h"
#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "engine/core/stats.h"
#include "engine/core/thread.h"
#include "tools/common/capture_words.h"
#include "tools/common/log.h"
#include "tools/common/signals.h"
#include "tools/record/block_consumer.h"
#include "tools/record/option_text.h"
#include "tools/record/recorder.h"
#include "tools/record/storage_options.h"
#include "tools/show/listening.h"
#include "tools/show/packet_output.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kNapNs = 2 * kNanosecondsPerMillisecond;
// Of a ring's blocks this part may be in the queue, as many wait, and as many be under way to the
// workers: less than half the ring, should nobody of them get to run.
constexpr std::uint32_t kRingPart = 8;

// Takes blocks from best-effort queues and has them printed. The ring is the recording's: a block
// that the output has no room for is let go of when the ring is an eighth round further, and
// counted; its thread never waits for the output, and the workers hold a block only while they
// print it.
class PrintBeside final : public BlockConsumer {
 public:
  explicit PrintBeside(const ShowOptions& options) : options_(options) {}
  ~PrintBeside() override { PrintBeside::stop(); }

  void attach(Capture& capture) override {
    capture_ = &capture;
    check_link_types(options_.link_type, capture);
    if (!options_.print_as_well) return;
    for (std::size_t ring = 0; ring < capture.ring_count(); ++ring) {
      const std::size_t part = capture.ring_info(ring).block_count / kRingPart;
      options_.decode_batches = std::clamp<std::size_t>(part, 2, options_.decode_batches);
    }
    for (std::size_t ring = 0; ring < capture.ring_count(); ++ring) {
      const RingInfo& info = capture.ring_info(ring);
      Ring& mine = rings_.emplace_back(std::max(1U, info.block_count / kRingPart));
      mine.name = info.interface_name;
      link_types_.push_back(info.link_type);
      capture.add_best_effort(ring, mine.queue);
    }
  }

  void open() override {
    if (!options_.print_as_well) return;
    output_ = std::make_unique<show::PacketOutput>(options_, show::PacketSource::kBesideRecording);
  }

  void started() override { announce_listening(options_, *capture_); }

  void start(const std::vector<int>& /*cpus*/) override {
    if (!output_) return;
    output_->start();
    thread_ = start_thread("prints beside the recording", [this] { run(); });
  }

  bool wants_end() const noexcept override { return enough_.load(std::memory_order_relaxed); }

  // Behind the files, whose memory it takes: until then it is held to its part of the ring.
  void files_closed() override { ending_.store(true, std::memory_order_release); }
  bool finished() noexcept override {
    return !output_ || finished_.load(std::memory_order_acquire);
  }
  std::uint64_t progress() const noexcept override { return output_ ? output_->printed() : 0; }
  // What it has not come to while the recording went on, it may do now, as long as it gets on.
  EndPatience patience() noexcept override {
    EndPatience patience;
    patience.idle_ns = kNanosecondsPerSecond;
    return patience;
  }
  void stop() noexcept override {
    give_up_.store(true, std::memory_order_relaxed);
    if (thread_.joinable()) thread_.join();
  }

  std::string report(const RecordStats& stats) const override {
    std::string text = summary_text(stats.sum(&FileStats::written), stats.sum(&RingStats::received),
                                    stats.sum(&RingStats::dropped));
    if (!output_) return text;
    const std::uint64_t captured = stats.sum(&RingStats::sealed);
    const std::uint64_t printed = output_->printed();
    text += fmt::format("{} packet{} printed", printed, printed == 1 ? "" : "s");
    if (captured > printed) {
      text += fmt::format(
          ", {} not: the output did not keep up with the recording ({} block{} skipped)",
          captured - printed, skipped_blocks(), skipped_blocks() == 1 ? "" : "s");
    }
    return text + "\n";
  }

 private:
  // A block on its way, and how many its ring had handed out by then.
  struct Waiting {
    BlockRef block;
    std::uint64_t blocks_at_arrival;
  };
  struct Ring {
    explicit Ring(std::uint32_t places) : queue(places), most_behind(places) {}
    BestEffortQueue queue;
    std::uint64_t most_behind;
    std::string name;
    std::deque<Waiting> waiting;
  };

  std::uint64_t skipped_blocks() const {
    std::uint64_t blocks = skipped_blocks_.get();
    for (const Ring& ring : rings_) blocks += ring.queue.skipped_blocks();
    return blocks;
  }

  void run() noexcept {
    name_current_thread("print");
    while (!give_up_.load(std::memory_order_relaxed)) {
      const bool ending = ending_.load(std::memory_order_acquire);
      bool waits = false;
      for (std::size_t ring = 0; ring < rings_.size(); ++ring) waits = serve(ring, ending) || waits;
      if (ending && !waits && output_->idle()) break;
      sleep_ns(kNapNs);
    }
    for (Ring& ring : rings_) {
      while (BlockRef block = ring.queue.try_pop()) skipped_blocks_.add(1);
      while (!ring.waiting.empty()) skip(ring);
    }
    finished_.store(true, std::memory_order_release);
  }

  // True when blocks wait for the output. Those that the ring has left a part of it behind are
  // skipped, until it stands still at the end.
  bool serve(std::size_t index, bool ending) noexcept {
    Ring& ring = rings_[index];
    const std::uint64_t blocks = capture_->counters(index).blocks.get();
    while (BlockRef block = ring.queue.try_pop())
      ring.waiting.push_back({std::move(block), blocks});
    while (!ring.waiting.empty()) {
      Waiting& first = ring.waiting.front();
      if (!wants_end() && output_->ready()) {
        print(first.block, ring.name);
        ring.waiting.pop_front();
      } else if (wants_end() || (!ending && blocks - first.blocks_at_arrival >= ring.most_behind)) {
        skip(ring);
      } else {
        return true;
      }
    }
    return false;
  }

  void skip(Ring& ring) noexcept {
    skipped_blocks_.add(1);
    ring.waiting.pop_front();
  }

  void print(const BlockRef& block, const std::string& name) noexcept {
    try {
      if (output_->take_block(block, link_types_, name)) return;
    } catch (const std::exception& error) {
      standard_log().put(fmt::format("capstan show: {}; printing ends\n", error.what()));
    }
    enough_.store(true, std::memory_order_relaxed);
  }

  ShowOptions options_;
  Capture* capture_ = nullptr;
  std::vector<std::uint16_t> link_types_;
  std::unique_ptr<show::PacketOutput> output_;  // null: nothing is printed
  std::deque<Ring> rings_;
  Counter skipped_blocks_;
  std::atomic<bool> ending_{false};    // release: every block is in the queues
  std::atomic<bool> finished_{false};  // release by the thread: it touches nothing any more
  std::atomic<bool> enough_{false};    // relaxed, as the next: they only have to arrive some time
  std::atomic<bool> give_up_{false};
  std::thread thread_;
};

}  // namespace

RecordOptions recording_options(const ShowOptions& options) {
  RecordOptions recording;
  recording.capture = capture_options(options);
  recording.capture.filter = with_direction(options.filter, options.direction);
  recording.capture.packet_limit = static_cast<std::int64_t>(
      std::min<std::uint64_t>(options.packet_limit, std::numeric_limits<std::int64_t>::max()));
  recording.files = {options.write_path};
  recording.format =
      file_format_of(show::show_file_choice(options.write_path, options.print.nanoseconds).format);
  recording.quiet = true;
  recording.user = options.user;
  RawStorageOptions storage;
  storage.turn_size = options.turn_size;
  storage.turn_s = options.turn_s;
  storage.turn_files = options.turn_files;
  storage.postrotate = options.postrotate;
  std::vector<std::string> problems;
  read_storage_options(storage, recording, problems);
  if (problems.empty()) problems = validate_record_options(recording);
  if (!problems.empty()) throw UsageError(joined(problems, "; "));
  return recording;
}

int show_and_record(const ShowOptions& options) {
  SignalEvents signals{SIGINT, SIGTERM, SIGHUP};  // before any thread
  std::vector<std::unique_ptr<BlockConsumer>> consumers;
  consumers.push_back(std::make_unique<PrintBeside>(options));
  return Recorder(recording_options(options), signals, std::move(consumers)).run();
}

}  // namespace capstan::tools
