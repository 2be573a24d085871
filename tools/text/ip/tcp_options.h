// The options of a TCP header, as the list between the brackets of "options [...]".
#pragma once

#include "tools/text/ip/tcp_sequences.h"

namespace capstan::text {

// `in` is the header's options, `bytes` long by the data offset. `flags` are those of the segment.
// False when an option is broken: "[bad opt]" was put, and nothing may follow.
bool print_tcp_options(Printer& p, Input in, std::uint8_t flags,
                       const TcpSequences::Relation& relation);

// mptcp.cc: one MPTCP option (RFC 8684), kind and length included. False when it is broken.
bool print_mptcp(Printer& p, Input in, std::uint8_t flags);

}  // namespace capstan::text
