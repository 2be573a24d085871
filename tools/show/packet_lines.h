// PacketLines: prints packets in the requested style: tcpdump's lines, aligned columns, or JSON
// objects; with colours on request.
#pragma once

#include <cstdint>
#include <string>

#include "tools/show/packet_batch.h"
#include "tools/show/show_cli.h"
#include "tools/text/ip/tcp_sequences.h"
#include "tools/text/names.h"
#include "tools/text/packet_text.h"

namespace capstan {

struct TransportPacket;

namespace show {

// One thread. Names and options are borrowed and must outlive this object.
class PacketLines {
 public:
  // `color`: whether to print colours. `sequences`: for the conversations that this object will
  // print.
  PacketLines(const tools::ShowOptions& options, const text::Names& names,
              text::TcpSequences sequences, bool color);

  // Appends the packet's text, with a newline, to text().
  void append(const BatchPacket& packet);
  // The printed lines. To collect lines elsewhere, exchange this for another sink.
  text::TextSink& text() noexcept { return printer_.out; }

  const text::TcpSequences& sequences() const noexcept { return sequences_; }

 private:
  static text::PrintOptions print_options(const tools::ShowOptions& options);
  void put_json(const BatchPacket& packet, std::string_view info);
  void put_json_transport(const TransportPacket& transport);
  void put_columns(const BatchPacket& packet, std::string_view info);
  void color_line(const BatchPacket& packet, std::size_t start);

  const tools::ShowOptions& options_;
  text::PrintOptions print_;
  text::TcpSequences sequences_;
  text::Printer printer_;
  text::PacketText packet_text_;
  bool color_;
  std::string line_;
  text::TextSink time_sink_;
  text::TimeText time_;
};

}  // namespace show
}  // namespace capstan
