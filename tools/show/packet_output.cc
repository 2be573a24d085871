#include "tools/show/packet_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include "engine/core/clock.h"

namespace capstan::show {

namespace {

// A name server that does not answer must not make a file unreadable.
constexpr std::uint64_t kFilePatienceNs = 3 * kNanosecondsPerSecond;
// Live: what the ring holds easily; /etc/hosts and a cache answer well within it.
constexpr std::uint64_t kLivePatienceNs = 50 * kNanosecondsPerMillisecond;

bool wants_color(const tools::ShowOptions& options) {
  if (options.color == tools::ColorChoice::kAuto) return ::isatty(STDOUT_FILENO) != 0;
  return options.color == tools::ColorChoice::kAlways;
}

}  // namespace

PacketOutput::PacketOutput(const tools::ShowOptions& options, bool live)
    : options_(options), out_(STDOUT_FILENO) {
  if (!options.write_path.empty()) {
    file_.emplace(options.write_path, options.print.nanoseconds, options.snaplen);
  }
  if (!prints()) return;
  if (options.print.numeric == 0) {
    names_.services = text::ServiceNames::load();
    resolver_ = std::make_unique<HostResolver>(live ? kLivePatienceNs : kFilePatienceNs);
    names_.hosts = resolver_.get();
  }
  names_.interfaces = text::InterfaceNames::load();
  lines_.emplace(options, names_, wants_color(options));
}

bool PacketOutput::prints() const noexcept {
  if (options_.count_only) return false;
  return options_.write_path.empty() || options_.print_as_well;
}

bool PacketOutput::take(const PacketView& packet, std::string_view interface_name) {
  if (packets_ >= options_.packet_limit) return false;
  ++packets_;
  if (file_) {
    file_->put(packet);
    if (options_.packet_buffered) file_->flush();
    if (file_->closed()) return false;
  }
  if (lines_) {
    out_.put(lines_->line(packet, packets_, interface_name));
    if (options_.line_buffered || (options_.packet_buffered && !file_)) out_.flush();
    if (out_.closed()) return false;
  }
  return packets_ < options_.packet_limit;
}

void PacketOutput::begin_file(std::uint16_t link_type) {
  if (file_) file_->begin(link_type);
}

void PacketOutput::flush() {
  out_.flush();
  if (file_) file_->flush();
}

void PacketOutput::finish() {
  flush();
  if (options_.count_only) fmt::print("{} packet{}\n", packets_, packets_ == 1 ? "" : "s");
}

}  // namespace capstan::show
