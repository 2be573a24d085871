// PacketOutput: what `show` does with packets: counts them, prints them, writes them to a file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/block/block_ref.h"
#include "engine/block/packet_view.h"
#include "engine/reader/loss_account.h"
#include "tools/show/host_resolver.h"
#include "tools/show/line_pool.h"
#include "tools/show/output_stream.h"
#include "tools/show/pcap_output.h"
#include "tools/show/show_cli.h"
#include "tools/text/names.h"

namespace capstan::show {

enum class PacketSource : std::uint8_t {
  kFile,             // everything is printed, even if the output is slow
  kLive,             // if the output is slow, packets wait in the ring; then the kernel drops
  kBesideRecording,  // always prints in threads of its own; does not write -w's file
};

// One thread passes packets to it. The options are borrowed.
class PacketOutput {
 public:
  // Throws when the file for -w cannot be created.
  PacketOutput(const tools::ShowOptions& options, PacketSource source);
  // For kBesideRecording: creates the printing threads, which inherit the caller's privileges.
  // Requires: no packet was taken yet.
  void start();

  // Takes a packet. Returns false when no more are wanted: -c is reached, or the reader has gone.
  // `stays`: the packet's bytes remain valid until drain(). `interface_name`, null if unknown, must
  // remain valid as long.
  bool take(const PacketView& packet, const std::string* interface_name, bool stays);
  // Takes the packets of a block that have the direction of -Q. `link_types`: of the capture's
  // rings.
  bool take_block(const BlockRef& block, std::span<const std::uint16_t> link_types,
                  const std::string& interface_name);
  // Whether a block can be taken without waiting for the output.
  bool ready() noexcept { return !pool_ || pool_->ready(); }
  // For a -w file without packets: writes its head.
  void begin_file(std::uint16_t link_type);
  // What a stream said of its losses: a -w file in pcapng keeps it. Before finish().
  void note_loss(const LossReport& loss);
  // Waits until everything put so far is written.
  void drain();
  // For live packets, when none is waiting: sends what was printed so far. Returns false when
  // nobody reads the output any more. Throws what writing the output threw, even if no packets
  // arrive any more.
  bool flush_idle();
  bool idle() noexcept { return !pool_ || pool_->idle(); }
  void finish();

  std::uint64_t packets() const noexcept { return packets_; }
  // Number of packets() whose lines were passed to the output. Any thread.
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
  std::optional<LinePrinter> printer_;  // prints in this thread; or instead of it:
  std::unique_ptr<LinePool> pool_;
  std::optional<PcapOutput> file_;
  std::uint64_t packets_ = 0;
  std::uint64_t reference_time_ns_ = 0;
};

}  // namespace capstan::show
