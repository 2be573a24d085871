// TcpSequences: the first sequence numbers of each TCP connection, to which the numbers of later
// segments are printed relative.
#pragma once

#include <cstdint>
#include <memory>

#include "tools/text/flow_slot.h"
#include "tools/text/printer.h"

namespace capstan::text {

// A table of fixed size: when a set of places is full, the connection not seen for longest is
// forgotten (and its next segment is printed with absolute numbers, like its first one). Allocates
// once. For one worker; or for several, each with a share() of the table: the set of a connection
// follows from its flow_slot() alone, so a worker that gets packets by their slots uses only its
// own sets.
class TcpSequences {
 public:
  // `sets`: a power of two, at most kFlowSlots; each set has kPlaces connections.
  explicit TcpSequences(std::size_t sets = kFlowSlots);

  // Returns the same table, to be used only for flow slots from `first` to before `end`. Requires:
  // the table has kFlowSlots sets.
  TcpSequences share(std::uint32_t first, std::uint32_t end) const;

  struct Relation {
    bool reversed = false;  // the direction of this segment is opposite to the stored one
    std::uint32_t first_sequence = 0;
    std::uint32_t first_acknowledgment = 0;
  };

  // Finds the connection of a segment with ACK set and makes `sequence` and `acknowledgment`
  // relative. A segment of an unknown connection, or one with SYN, starts the connection and stays
  // absolute. A segment that does not belong to this share also stays absolute, and is counted.
  Relation relate(const Surroundings& around, bool syn, std::uint32_t& sequence,
                  std::uint32_t& acknowledgment) noexcept;

  // Segments so far with slots of other shares.
  std::uint64_t strays() const noexcept { return strays_; }

 private:
  static constexpr std::size_t kPlaces = 4;
  struct Key {
    std::uint64_t words[4];  // address of the lower end, then of the upper end
    std::uint32_t ports;
    bool operator==(const Key&) const = default;
  };
  struct Connection {
    Key key;
    std::uint32_t sequence;
    std::uint32_t acknowledgment;
    std::uint32_t used;  // 0: the place is free
  };

  Connection& find_or_make(std::size_t set, const Key& key, bool& made) noexcept;

  // The places of a set are ordered by when they were last seen.
  std::shared_ptr<Connection> connections_;
  std::size_t set_mask_;
  std::uint32_t first_slot_ = 0;
  std::uint32_t end_slot_ = kFlowSlots;
  std::uint64_t strays_ = 0;
};

}  // namespace capstan::text
