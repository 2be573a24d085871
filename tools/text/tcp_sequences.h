// TcpSequences: the first sequence numbers of each TCP connection, from which the numbers of later
// segments are counted.
#pragma once

#include <cstdint>
#include <memory>

#include "tools/text/printer.h"

namespace capstan::text {

// A flat table of bounded size: where a set of places is full, the connection not seen for longest
// is forgotten (and its next segment is printed with absolute numbers, as its first one was). One
// worker; allocates once.
class TcpSequences {
 public:
  // `sets` is a power of two; kPlaces connections each.
  explicit TcpSequences(std::size_t sets = std::size_t{1} << 15);

  struct Relation {
    bool reversed = false;  // this segment goes the other way than the stored order
    std::uint32_t first_sequence = 0;
    std::uint32_t first_acknowledgment = 0;
  };

  // Looks up the connection of a segment with ACK set and makes `sequence` and `acknowledgment`
  // relative. A segment of a connection not known, or one with SYN, begins it and stays absolute.
  Relation relate(const Surroundings& around, bool syn, std::uint32_t& sequence,
                  std::uint32_t& acknowledgment) noexcept;

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
    std::uint32_t last_seen;  // 0: the place is free
  };

  Connection* find_or_make(const Key& key, bool& made) noexcept;

  struct FreeMemory {
    void operator()(Connection* memory) const noexcept;
  };
  std::unique_ptr<Connection[], FreeMemory> connections_;
  std::size_t set_mask_;
  std::uint32_t clock_ = 0;
};

}  // namespace capstan::text
