// TcpSequences: the first sequence numbers of each TCP connection, from which the numbers of later
// segments are counted.
#pragma once

#include <cstdint>
#include <memory>

#include "tools/text/flow_slot.h"
#include "tools/text/printer.h"

namespace capstan::text {

// A flat table of bounded size: where a set of places is full, the connection not seen for longest
// is forgotten (and its next segment is printed with absolute numbers, as its first one was).
// Allocates once. One worker; or several, each with a share() of the table: a connection's set
// follows from its flow_slot() alone, so who gets packets by their slots meets its own sets only.
class TcpSequences {
 public:
  // `sets` is a power of two, at most kFlowSlots; kPlaces connections each.
  explicit TcpSequences(std::size_t sets = kFlowSlots);

  // The same table, to be used for flow slots from `first` to before `end` only. Requires: the
  // table has kFlowSlots sets.
  TcpSequences share(std::uint32_t first, std::uint32_t end) const;

  struct Relation {
    bool reversed = false;  // this segment goes the other way than the stored order
    std::uint32_t first_sequence = 0;
    std::uint32_t first_acknowledgment = 0;
  };

  // Looks up the connection of a segment with ACK set and makes `sequence` and `acknowledgment`
  // relative. A segment of a connection not known, or one with SYN, begins it and stays absolute;
  // so does one that is not this share's, which is counted.
  Relation relate(const Surroundings& around, bool syn, std::uint32_t& sequence,
                  std::uint32_t& acknowledgment) noexcept;

  // Segments of other shares' slots met so far.
  std::uint64_t strays() const noexcept { return strays_; }

 private:
  static constexpr std::size_t kPlaces = 4;
  struct Key {
    std::uint64_t words[4];  // the lower end's address, the upper end's
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

  // Places of a set are in the order in which they were last seen.
  std::shared_ptr<Connection> connections_;
  std::size_t set_mask_;
  std::uint32_t first_slot_ = 0;
  std::uint32_t end_slot_ = kFlowSlots;
  std::uint64_t strays_ = 0;
};

}  // namespace capstan::text
