// Which bytes of a payload evidence may show: an allow list. All other bytes are overwritten,
// whatever the protocol.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/audit/facts.h"

namespace capstan::tools {

// For each byte of one packet's payload, whether it may stay: keywords of the protocols at the
// start of a line, reply codes, names of header fields, lengths, line ends; the hellos and
// certificates of TLS. A word that is not in the list is never kept, and nothing that a person
// chose is in the list.
std::vector<bool> harmless_bytes(std::span<const std::uint8_t> payload, audit::Protocol protocol);

}  // namespace capstan::tools
