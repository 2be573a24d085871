// PacketOutput: what becomes of the packets of `show`: counted, printed, written to a file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/block/packet_view.h"
#include "tools/show/host_resolver.h"
#include "tools/show/output_stream.h"
#include "tools/show/packet_lines.h"
#include "tools/show/pcap_output.h"
#include "tools/show_cli.h"
#include "tools/text/names.h"

namespace capstan::show {

// One thread. Options are borrowed.
class PacketOutput {
 public:
  // `live`: names are waited for a moment only (host_resolver.h). Throws when -w's file cannot be
  // made.
  PacketOutput(const tools::ShowOptions& options, bool live);

  // False when nothing more is wanted: -c is reached, or the reader has gone.
  bool take(const PacketView& packet, std::string_view interface_name);
  // For a -w file that gets no packet: it has a head all the same.
  void begin_file(std::uint16_t link_type);
  // What was put so far is on its way: live, when nothing more is waiting.
  void flush();
  void finish();

  std::uint64_t packets() const noexcept { return packets_; }

 private:
  bool prints() const noexcept;

  const tools::ShowOptions& options_;
  std::unique_ptr<HostResolver> resolver_;
  text::Names names_;
  OutputStream out_;
  std::optional<PacketLines> lines_;
  std::optional<PcapOutput> file_;
  std::uint64_t packets_ = 0;
};

}  // namespace capstan::show
