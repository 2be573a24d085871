// The options of a TCP header, as the list between the brackets of "options [...]".
#pragma once

#include "tools/text/ip/tcp_sequences.h"

namespace capstan::text {

// Prints the options. `in`: the header's options, as many bytes as the data offset gives. `flags`:
// of the segment. Returns false when an option is invalid: "[bad opt]" was printed, and nothing may
// follow.
bool print_tcp_options(Printer& p, Input in, std::uint8_t flags,
                       const TcpSequences::Relation& relation);

// In mptcp.cc: one MPTCP option (RFC 8684), including kind and length. Returns false when it is
// invalid.
bool print_mptcp(Printer& p, Input in, std::uint8_t flags);

}  // namespace capstan::text
