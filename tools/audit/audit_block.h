// A sealed block's packets into the auditor, for every live audit.
#pragma once

#include <cstdint>
#include <span>

#include "engine/audit/auditor.h"
#include "engine/block/block_ref.h"

namespace capstan::tools {

// `link_types[i]`: of the packets of pcapng interface i.
void audit_block(const SealedBlock& block, std::span<const std::uint16_t> link_types,
                 audit::Auditor& auditor);

}  // namespace capstan::tools
