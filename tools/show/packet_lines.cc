#include "tools/show/packet_lines.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/reader/link_type_names.h"
#include "tools/units.h"

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

std::string protocol_of(const TransportPacket& transport) {
  switch (transport.protocol) {
    case kProtocolTcp:
      return "tcp";
    case kProtocolUdp:
      return "udp";
    case 1:
      return "icmp";
    case 2:
      return "igmp";
    case 47:
      return "gre";
    case 50:
      return "esp";
    case 58:
      return "icmp6";
    case 89:
      return "ospf";
    case 132:
      return "sctp";
    default:
      return std::to_string(transport.protocol);
  }
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

PacketLines::PacketLines(const tools::ShowOptions& options, const text::Names& names, bool color)
    : options_(options),
      print_(print_options(options)),
      printer_(print_, names, sequences_),
      packet_text_(printer_, print_),
      color_(color),
      time_(options.print) {}

void PacketLines::note_time(const PacketView& packet) {
  if (first_) place_.reference_time_ns = packet.timestamp_ns;
  first_ = false;
}

std::string_view PacketLines::line(const PacketView& packet, std::uint64_t number,
                                   std::string_view interface_name) {
  note_time(packet);
  place_.number = number;
  printer_.out.clear();
  packet_text_.print(packet, place_);
  std::string_view text = printer_.out.view();
  if (options_.style == tools::LineStyle::kJson) {
    text = json(packet, number, interface_name);
  } else if (options_.style == tools::LineStyle::kColumns) {
    text = columns(packet, number);
  }
  if (options_.print.time_mode == text::TimeMode::kSincePrevious) {
    place_.reference_time_ns = packet.timestamp_ns;
  }
  if (!color_ || options_.style == tools::LineStyle::kJson) return text;
  // The first line alone: dumps and details stay plain.
  const std::size_t end = text.find('\n');
  std::string colored = color_of(read_transport(packet));
  colored.append(text.substr(0, end)).append("\033[0m").append(text.substr(end));
  line_ = std::move(colored);
  return line_;
}

std::string_view PacketLines::info() {
  std::string_view text = printer_.out.view();
  text = text.substr(0, text.find('\n'));
  const std::size_t arrow = text.find(" > ");
  const std::size_t colon = text.find(": ", arrow == text.npos ? 0 : arrow);
  // What no printer knows ends at the colon: its line is all there is.
  if (arrow == text.npos || colon == text.npos || colon + 2 >= text.size()) return text;
  return text.substr(colon + 2);
}

std::string_view PacketLines::json(const PacketView& packet, std::uint64_t number,
                                   std::string_view interface_name) {
  nlohmann::ordered_json object;
  object["number"] = number;
  object["time"] = tools::utc_time(packet.timestamp_ns);
  if (interface_name.empty()) {
    object["interface"] = packet.interface_id;
  } else {
    object["interface"] = interface_name;
  }
  const LinkTypeName* const link = find_link_type(packet.link_type);
  object["link_type"] = link != nullptr ? link->name : std::to_string(packet.link_type);
  object["caplen"] = packet.caplen;
  object["wirelen"] = packet.wirelen;
  if (packet.direction != Direction::kUnknown) {
    object["direction"] = packet.direction == Direction::kInbound ? "in" : "out";
  }
  if (const std::optional<TransportPacket> transport = read_transport(packet)) {
    object["ip_version"] = transport->ip_version;
    object["src_ip"] = address_of(transport->source, transport->ip_version);
    object["dest_ip"] = address_of(transport->destination, transport->ip_version);
    object["proto"] = protocol_of(*transport);
    if (has_ports(*transport)) {
      object["src_port"] = transport->source_port;
      object["dest_port"] = transport->destination_port;
      object["payload_bytes"] = transport->payload_wire_bytes;
    }
    for (const std::uint16_t vlan : transport->vlans) {
      if (vlan != 0) object["vlans"].push_back(vlan & 0xfff);
    }
  }
  object["info"] = info();
  line_ = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  line_ += '\n';
  return line_;
}

std::string_view PacketLines::columns(const PacketView& packet, std::uint64_t number) {
  time_sink_.clear();
  time_.put(time_sink_, packet.timestamp_ns, place_.reference_time_ns);
  line_.clear();
  auto out = std::back_inserter(line_);
  fmt::format_to(out, "{:>6}  {}", number, time_sink_.view());
  if (const std::optional<TransportPacket> transport = read_transport(packet)) {
    fmt::format_to(out, "{:<21} {:<21} {:<5} {:>5}  ",
                   endpoint_of(transport->source, transport->source_port, *transport),
                   endpoint_of(transport->destination, transport->destination_port, *transport),
                   protocol_of(*transport), packet.wirelen);
  } else {
    fmt::format_to(out, "{:<21} {:<21} {:<5} {:>5}  ", "", "", "", packet.wirelen);
  }
  line_.append(info());
  line_ += '\n';
  return line_;
}

}  // namespace capstan::show
