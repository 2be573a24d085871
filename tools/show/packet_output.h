// PacketOutput: what becomes of the packets of `show`: counted, printed, written to a file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/block/block_ref.h"
#include "engine/block/packet_view.h"
#include "tools/show/host_resolver.h"
#include "tools/show/line_pool.h"
#include "tools/show/output_stream.h"
#include "tools/show/pcap_output.h"
#include "tools/show/show_cli.h"
#include "tools/text/names.h"

namespace capstan::show {

enum class PacketSource : std::uint8_t {
  kFile,             // everything is printed, however slow the output
  kLive,             // what the output does not take waits in the ring, and then the kernel drops
  kBesideRecording,  // prints in threads of its own at any rate, and does not write -w's file
};

// One thread feeds it. Options are borrowed.
class PacketOutput {
 public:
  // Throws when -w's file cannot be made.
  PacketOutput(const tools::ShowOptions& options, PacketSource source);
  // kBesideRecording: makes the printing threads, which inherit what this one may do. Requires:
  // nothing was taken yet.
  void start();

  // False when nothing more is wanted: -c is reached, or the reader has gone. `stays`: the packet's
  // bytes remain valid until drain(). `interface_name`, null when not known, is borrowed as long.
  bool take(const PacketView& packet, const std::string* interface_name, bool stays);
  // The packets of a block in the direction of -Q. `link_types`: of the capture's rings.
  bool take_block(const BlockRef& block, std::span<const std::uint16_t> link_types,
                  const std::string& interface_name);
  // Whether a block can be taken without waiting for the output.
  bool ready() noexcept { return !pool_ || pool_->ready(); }
  // For a -w file that gets no packet: it has a head all the same.
  void begin_file(std::uint16_t link_type);
  // Waits until what was put so far is written.
  void drain();
  // Live, when nothing is waiting: what was printed so far is on its way. False when nobody reads
  // the output any more. Throws what writing it threw, also on a link that is silent since.
  bool flush_idle();
  bool idle() noexcept { return !pool_ || pool_->idle(); }
  void finish();

  std::uint64_t packets() const noexcept { return packets_; }
  // Of them, those whose lines have been handed to the output. Any thread.
  std::uint64_t printed() const noexcept { return pool_ ? pool_->printed() : packets_; }
  // See PcapOutput::late().
  std::uint64_t late() const noexcept { return file_ ? file_->late() : 0; }
  // See LinePool::strays().
  std::uint64_t strays() const noexcept { return pool_ ? pool_->strays() : 0; }

 private:
  bool prints() const noexcept;
  bool print(const BatchPacket& packet, bool stays);
  void write_text();

  const tools::ShowOptions& options_;
  const PacketSource source_;
  std::unique_ptr<HostResolver> resolver_;
  text::Names names_;
  OutputStream out_;
  std::optional<LinePrinter> printer_;  // in place, or:
  std::unique_ptr<LinePool> pool_;
  std::optional<PcapOutput> file_;
  std::uint64_t packets_ = 0;
  std::uint64_t reference_time_ns_ = 0;
};

}  // namespace capstan::show
