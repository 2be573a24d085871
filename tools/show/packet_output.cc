#include "tools/show/packet_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "engine/block/packet_walk.h"
#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "tools/common/terminal.h"

namespace capstan::show {

namespace {

// A name server that does not answer must not make a file unreadable.
constexpr std::uint64_t kFilePatienceNs = 3 * kNanosecondsPerSecond;
// Live: what the ring holds easily; /etc/hosts and a cache answer well within it.
constexpr std::uint64_t kLivePatienceNs = 50 * kNanosecondsPerMillisecond;
constexpr std::size_t kTextPieceBytes = std::size_t{128} << 10;

bool wants_color(const tools::ShowOptions& options) {
  if (options.color == tools::ColorChoice::kAuto) {
    return tools::Terminal(STDOUT_FILENO).may_color();
  }
  return options.color == tools::ColorChoice::kAlways;
}

// Reading, delivering and the program that reads the lines keep a CPU busy together.
std::size_t worker_count(const tools::ShowOptions& options) {
  if (options.decode_workers >= 0) return static_cast<std::size_t>(options.decode_workers);
  const std::size_t cpus = allowed_cpus().size();
  return cpus <= 1 ? 0 : std::min(cpus - 1, DecodeWorkers::kMostWorkers);
}

}  // namespace

PacketOutput::PacketOutput(const tools::ShowOptions& options, PacketSource source)
    : options_(options), source_(source), out_(STDOUT_FILENO) {
  if (!options.write_path.empty() && source != PacketSource::kBesideRecording) {
    file_.emplace(options.write_path, options.print.nanoseconds, options.snaplen);
  }
  if (!prints()) return;
  if (options_.print.numeric == 0) {
    names_.services = text::ServiceNames::load();
    resolver_ = std::make_unique<HostResolver>(source == PacketSource::kFile ? kFilePatienceNs
                                                                             : kLivePatienceNs);
  }
  names_.interfaces = text::InterfaceNames::load();
  if (source != PacketSource::kBesideRecording) start();
}

void PacketOutput::start() {
  if (!prints()) return;
  const bool live = source_ != PacketSource::kFile;
  std::size_t workers = worker_count(options_);
  if (source_ == PacketSource::kBesideRecording && workers == 0) workers = 1;
  if (workers == 0) {
    printer_.emplace(options_, names_, resolver_.get(), text::TcpSequences(),
                     wants_color(options_));
    return;
  }
  LinePoolLimits limits;
  limits.workers = workers;
  limits.batches = options_.decode_batches;
  limits.batch_packets = options_.decode_batch_packets;
  if (live) {
    // A batch is a block.
    limits.batch_packets = std::numeric_limits<std::size_t>::max();
    limits.batch_bytes = std::numeric_limits<std::uint64_t>::max();
  }
  limits.flush_batches = live || options_.line_buffered || (options_.packet_buffered && !file_);
  pool_ = std::make_unique<LinePool>(options_, names_, resolver_.get(), wants_color(options_), out_,
                                     limits);
}

bool PacketOutput::prints() const noexcept {
  if (options_.count_only) return false;
  return options_.write_path.empty() || options_.print_as_well;
}

bool PacketOutput::take(const PacketView& packet, const std::string* interface_name, bool stays) {
  if (packets_ >= options_.packet_limit) return false;
  ++packets_;
  if (file_) {
    file_->put(packet);
    if (options_.packet_buffered) file_->flush();
    if (file_->closed()) return false;
  }
  if (printer_ || pool_) {
    if (packets_ == 1) reference_time_ns_ = packet.timestamp_ns;
    if (!print({packet, packets_, reference_time_ns_, interface_name}, stays)) return false;
    if (options_.print.time_mode == text::TimeMode::kSincePrevious) {
      reference_time_ns_ = packet.timestamp_ns;
    }
  }
  return packets_ < options_.packet_limit;
}

bool PacketOutput::print(const BatchPacket& packet, bool stays) {
  if (pool_) {
    pool_->put(packet, stays);
    return !pool_->closed();
  }
  PacketLines& lines = printer_->lines();
  lines.append(packet);
  const bool at_once = options_.line_buffered || (options_.packet_buffered && !file_);
  if (at_once || lines.text().size() >= kTextPieceBytes) write_text();
  if (at_once) out_.flush();
  return !out_.closed();
}

// What was printed in place.
void PacketOutput::write_text() {
  text::TextSink& text = printer_->lines().text();
  out_.put(text.view());
  text.clear();
}

bool PacketOutput::take_block(const BlockRef& block, std::span<const std::uint16_t> link_types,
                              const std::string& interface_name) {
  if (pool_) pool_->hold(block);
  PacketWalk walk({block->data, block->size_bytes}, link_types);
  PacketView packet;
  bool more = true;
  while (more && walk.next(packet)) {
    if (options_.direction != Direction::kUnknown && packet.direction != options_.direction) {
      continue;
    }
    more = take(packet, &interface_name, true);
  }
  if (pool_) pool_->submit();
  return more;
}

void PacketOutput::begin_file(std::uint16_t link_type) {
  if (file_) file_->begin(link_type);
}

void PacketOutput::note_loss(const LossReport& loss) {
  if (file_) file_->put_loss(loss);
}

void PacketOutput::drain() {
  if (pool_) pool_->drain();
  if (printer_) write_text();
  out_.flush();
  if (file_) file_->flush();
}

bool PacketOutput::flush_idle() {
  if (file_) {
    file_->flush();
    if (file_->closed()) return false;
  }
  if (pool_) {  // it flushes every batch of a block by itself
    pool_->check_output();
    return !pool_->closed();
  }
  if (printer_) {
    write_text();
    out_.flush();
  }
  return !out_.closed();
}

void PacketOutput::finish() {
  drain();
  if (file_) file_->finish();
  if (options_.count_only) fmt::print("{} packet{}\n", packets_, packets_ == 1 ? "" : "s");
}

}  // namespace capstan::show
