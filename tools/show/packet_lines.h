// PacketLines: packets to text in the style that was asked for: tcpdump's lines, aligned columns,
// or JSON objects; colour around them on request.
#pragma once

#include <cstdint>
#include <string>

#include "engine/decode/transport.h"
#include "tools/show_cli.h"
#include "tools/text/names.h"
#include "tools/text/packet_text.h"
#include "tools/text/tcp_sequences.h"

namespace capstan::show {

// One thread. Names are borrowed and outlive it.
class PacketLines {
 public:
  // `color`: whether the terminal gets colours.
  PacketLines(const tools::ShowOptions& options, const text::Names& names, bool color);

  // The packet's text, ended by a line end; valid until the next call. `interface_name` is for
  // JSON, empty when not known.
  std::string_view line(const PacketView& packet, std::uint64_t number,
                        std::string_view interface_name);

 private:
  static text::PrintOptions print_options(const tools::ShowOptions& options);
  std::string_view json(const PacketView& packet, std::uint64_t number,
                        std::string_view interface_name);
  std::string_view columns(const PacketView& packet, std::uint64_t number);
  std::string_view info();  // what the printer has put, without the addresses in front
  void note_time(const PacketView& packet);

  const tools::ShowOptions& options_;
  text::PrintOptions print_;
  text::TcpSequences sequences_;
  text::Printer printer_;
  text::PacketText packet_text_;
  text::PacketPlace place_;
  bool color_;
  bool first_ = true;
  std::string line_;
  text::TextSink time_sink_;
  text::TimeText time_;
};

}  // namespace capstan::show
