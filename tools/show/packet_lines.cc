#include "tools/show/packet_lines.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <optional>

#include "engine/flow/transport.h"
#include "engine/format/link_type.h"
#include "tools/common/append_format.h"
#include "tools/common/json_text.h"
#include "tools/common/protocol_name.h"
#include "tools/common/units.h"

namespace capstan::show {

namespace {

std::string address_of(const Address& address, std::uint8_t ip_version) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(ip_version == 4 ? AF_INET : AF_INET6, address.data(), text, sizeof(text));
  return text;
}

bool has_ports(const TransportPacket& transport) {
  return transport.protocol == kProtocolTcp || transport.protocol == kProtocolUdp;
}

std::string endpoint_of(const Address& address, std::uint16_t port, const TransportPacket& from) {
  const std::string host = address_of(address, from.ip_version);
  if (!has_ports(from)) return host;
  return from.ip_version == 6 ? fmt::format("[{}]:{}", host, port)
                              : fmt::format("{}:{}", host, port);
}

// What begins and ends a conversation stands out.
const char* color_of(const std::optional<TransportPacket>& transport) {
  if (!transport) return "\033[33m";  // yellow: no IP
  if (transport->protocol == kProtocolTcp) {
    if ((transport->tcp_flags & tcp_flag::kRst) != 0) return "\033[31m";  // red
    const auto ends = static_cast<std::uint8_t>(tcp_flag::kSyn | tcp_flag::kFin);
    if ((transport->tcp_flags & ends) != 0) return "\033[32m";  // green
    return "\033[36m";                                          // cyan
  }
  if (transport->protocol == kProtocolUdp) return "\033[34m";  // blue
  return "\033[35m";                                           // magenta
}

// What the printer has put, without the addresses in front.
std::string_view info_of(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  const std::size_t arrow = text.find(" > ");
  const std::size_t colon = text.find(": ", arrow == text.npos ? 0 : arrow);
  // What no printer knows ends at the colon: its line is all there is.
  if (arrow == text.npos || colon == text.npos || colon + 2 >= text.size()) return text;
  return text.substr(colon + 2);
}

}  // namespace

text::PrintOptions PacketLines::print_options(const tools::ShowOptions& options) {
  text::PrintOptions print = options.print;
  if (options.style == tools::LineStyle::kTcpdump) return print;
  // The other styles have fields of their own for these, and one line a packet.
  print.time_mode = text::TimeMode::kNone;
  print.packet_numbers = false;
  print.link_header = false;
  print.hex = print.hex_and_ascii = print.ascii = 0;
  print.verbosity = 0;
  return print;
}

PacketLines::PacketLines(const tools::ShowOptions& options, const text::Names& names,
                         text::TcpSequences sequences, bool color)
    : options_(options),
      print_(print_options(options)),
      sequences_(std::move(sequences)),
      printer_(print_, names, sequences_),
      packet_text_(printer_, print_),
      color_(color && options.style != tools::LineStyle::kJson),
      time_(options.print) {}

void PacketLines::append(const BatchPacket& packet) {
  text::TextSink& out = printer_.out;
  const std::size_t start = out.size();
  packet_text_.print(packet.view, {packet.number, packet.reference_time_ns});
  if (options_.style != tools::LineStyle::kTcpdump) {
    line_.clear();
    if (options_.style == tools::LineStyle::kJson) {
      put_json(packet, info_of(out.view().substr(start)));
    } else {
      put_columns(packet, info_of(out.view().substr(start)));
    }
    out.rewind(start);
    out.put(line_);
  }
  if (color_) color_line(packet, start);
}

// The first line alone: dumps and details stay plain.
void PacketLines::color_line(const BatchPacket& packet, std::size_t start) {
  text::TextSink& out = printer_.out;
  line_ = out.view().substr(start);
  const std::size_t end = line_.find('\n');
  out.rewind(start);
  out.put(color_of(read_transport(packet.view))).put(std::string_view(line_).substr(0, end));
  out.put("\033[0m").put(std::string_view(line_).substr(end));
}

void PacketLines::put_json(const BatchPacket& packet, std::string_view info) {
  const PacketView& view = packet.view;
  tools::append_format(line_, R"({{"number":{},"time":"{}","interface":)", packet.number,
                       tools::utc_time(view.timestamp_ns));
  if (packet.interface_name == nullptr || packet.interface_name->empty()) {
    line_ += std::to_string(view.interface_id);
  } else {
    line_ += tools::json_string(*packet.interface_name);
  }
  const LinkTypeName* const link = find_link_type(view.link_type);
  tools::append_format(
      line_, R"(,"link_type":{},"caplen":{},"wirelen":{})",
      tools::json_string(link != nullptr ? link->name : std::to_string(view.link_type)),
      view.caplen, view.wirelen);
  if (view.direction != Direction::kUnknown) {
    tools::append_format(line_, R"(,"direction":"{}")",
                         view.direction == Direction::kInbound ? "in" : "out");
  }
  if (const std::optional<TransportPacket> transport = read_transport(view)) {
    put_json_transport(*transport);
  }
  tools::append_format(line_, ",\"info\":{}}}\n", tools::json_string(info));
}

void PacketLines::put_json_transport(const TransportPacket& transport) {
  tools::append_format(line_, R"(,"ip_version":{},"src_ip":"{}","dest_ip":"{}","proto":{})",
                       transport.ip_version, address_of(transport.source, transport.ip_version),
                       address_of(transport.destination, transport.ip_version),
                       tools::json_string(tools::ip_protocol_name(transport.protocol)));
  if (has_ports(transport)) {
    tools::append_format(line_, R"(,"src_port":{},"dest_port":{},"payload_bytes":{})",
                         transport.source_port, transport.destination_port,
                         transport.payload_wire_bytes);
  }
  std::string vlans;
  for (const std::uint16_t vlan : transport.vlans) {
    if (vlan != 0) tools::append_format(vlans, "{}{}", vlans.empty() ? "" : ",", vlan & 0xfff);
  }
  if (!vlans.empty()) tools::append_format(line_, R"(,"vlans":[{}])", vlans);
}

void PacketLines::put_columns(const BatchPacket& packet, std::string_view info) {
  time_sink_.clear();
  time_.put(time_sink_, packet.view.timestamp_ns, packet.reference_time_ns);
  tools::append_format(line_, "{:>6}  {}", packet.number, time_sink_.view());
  if (const std::optional<TransportPacket> transport = read_transport(packet.view)) {
    tools::append_format(
        line_, "{:<21} {:<21} {:<5} {:>5}  ",
        endpoint_of(transport->source, transport->source_port, *transport),
        endpoint_of(transport->destination, transport->destination_port, *transport),
        tools::ip_protocol_name(transport->protocol), packet.view.wirelen);
  } else {
    tools::append_format(line_, "{:<21} {:<21} {:<5} {:>5}  ", "", "", "", packet.view.wirelen);
  }
  line_.append(info);
  line_ += '\n';
}

}  // namespace capstan::show
