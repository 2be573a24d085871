// Which protocol is it? Decided from the first bytes of both directions; ports break ties only.
#pragma once

#include "engine/audit/facts.h"

namespace capstan::audit {

// What a session's bytes came in: a stream, or messages, each whole.
enum class Transport : std::uint8_t { kTcp, kUdp, kSctp, kOspf, kVrrp, kPpp, kEapol };

struct Opening {
  Bytes client;  // what is held of each direction, from its first byte seen
  Bytes server;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  bool orientation_known = false;  // a SYN told which side is the client
  bool at_end = false;             // no more will come: decide
};

struct Identification {
  enum class State : std::uint8_t { kNeedMore, kFound, kNone };
  State state = State::kNeedMore;
  Protocol protocol = Protocol::kUnknown;
  bool swap = false;  // the content shows that the sides are the other way round
};

Identification identify_stream(const Opening& opening);
// The message that opens a session of anything but TCP; ports are 0 where there are none.
Identification identify_datagram(Transport transport, Bytes datagram, std::uint16_t from_port,
                                 std::uint16_t to_port);

// The protocol whose registered port this is; kUnknown for all others.
Protocol protocol_of_port(std::uint16_t port) noexcept;
// True for ports on which servers wait: used to tell client from server where no SYN was seen.
bool is_service_port(std::uint16_t port) noexcept;

}  // namespace capstan::audit
