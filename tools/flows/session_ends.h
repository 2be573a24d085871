// SessionEnds: both ends of a session, whichever came first: what a session of the audit and a
// conversation of an index or a flow table are matched by.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/audit/auditor.h"
#include "engine/flow/transport.h"

namespace capstan::tools {

struct SessionEnds {
  // Orders the ends: the lower one first.
  SessionEnds(std::array<Address, 2> addresses, std::array<std::uint16_t, 2> ports,
              std::uint8_t protocol) noexcept;
  explicit SessionEnds(const audit::SessionReport& report) noexcept
      : SessionEnds({report.ends.source, report.ends.destination},
                    {report.ends.source_port, report.ends.destination_port}, report.ends.protocol) {
  }

  std::array<Address, 2> addresses;
  std::array<std::uint16_t, 2> ports;
  std::uint8_t protocol;
  friend bool operator==(const SessionEnds&, const SessionEnds&) = default;

  struct Hash {
    std::size_t operator()(const SessionEnds& ends) const noexcept;
  };
};

}  // namespace capstan::tools
