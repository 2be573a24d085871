#include "engine/flow/flow_table.h"

namespace capstan {

OrientedKey make_flow_key(const TransportPacket& packet) noexcept {
  OrientedKey result;
  FlowKey& key = result.key;
  const int order =
      std::memcmp(packet.source.data(), packet.destination.data(), packet.source.size());
  result.low_is_source = order < 0 || (order == 0 && packet.source_port <= packet.destination_port);
  key.low = result.low_is_source ? packet.source : packet.destination;
  key.high = result.low_is_source ? packet.destination : packet.source;
  key.low_port = result.low_is_source ? packet.source_port : packet.destination_port;
  key.high_port = result.low_is_source ? packet.destination_port : packet.source_port;
  key.vlans = packet.vlans;
  key.protocol = packet.protocol;
  key.ip_version = packet.ip_version;
  key.carrier = packet.carrier;
  return result;
}

const char* tcp_state_name(TcpState state) noexcept {
  switch (state) {
    case TcpState::kNone:
      return "none";
    case TcpState::kSynSent:
      return "syn_sent";
    case TcpState::kSynReceived:
      return "syn_recv";
    case TcpState::kEstablished:
      return "established";
    case TcpState::kClosing:
      return "fin_wait1";
    case TcpState::kClosed:
      return "closed";
    case TcpState::kReset:
      return "closed";
  }
  return "none";
}

}  // namespace capstan
