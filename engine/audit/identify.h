// Identifies the protocol of a session from the first bytes of both directions; ports are used only
// when the bytes fit several protocols.
#pragma once

#include "engine/audit/facts.h"

namespace capstan::audit {

// What carries a session's bytes: a stream, or messages that are each complete.
enum class Transport : std::uint8_t { kTcp, kUdp, kSctp, kOspf, kVrrp, kPpp, kEapol };

struct Opening {
  Bytes client;  // the bytes held of each direction, beginning with the first byte seen
  Bytes server;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  bool orientation_known = false;  // a SYN showed which side is the client
  bool at_end = false;             // no more bytes will come: a decision is needed now
};

struct Identification {
  enum class State : std::uint8_t { kNeedMore, kFound, kNone };
  State state = State::kNeedMore;
  Protocol protocol = Protocol::kUnknown;
  bool swap = false;  // the content shows that client and server are the other way round
};
constexpr Identification found(Protocol protocol, bool swap = false) {
  return {Identification::State::kFound, protocol, swap};
}

Identification identify_stream(const Opening& opening);
// For the message that opens a session of any transport except TCP. Ports are 0 where there are
// none.
Identification identify_datagram(Transport transport, Bytes datagram, std::uint16_t from_port,
                                 std::uint16_t to_port);

// The protocol whose registered port this is; kUnknown for all others.
Protocol protocol_of_port(std::uint16_t port) noexcept;
// True for ports on which servers listen: used to tell client from server when no SYN was seen.
bool is_service_port(std::uint16_t port) noexcept;

}  // namespace capstan::audit
