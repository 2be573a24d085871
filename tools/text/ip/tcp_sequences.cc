#include "tools/text/ip/tcp_sequences.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/core/check.h"

namespace capstan::text {

namespace {

// Whether the source is the upper end: the order is arbitrary but the same for both directions.
bool source_is_upper(const Surroundings& around, std::size_t address_bytes) noexcept {
  if (around.source_port != around.destination_port) {
    return around.source_port > around.destination_port;
  }
  return std::memcmp(around.source, around.destination, address_bytes) > 0;
}

}  // namespace

// calloc, so that pages never used cost nothing.
TcpSequences::TcpSequences(std::size_t sets)
    : connections_(static_cast<Connection*>(std::calloc(sets * kPlaces, sizeof(Connection))),
                   [](Connection* memory) { std::free(memory); }),
      set_mask_(sets - 1) {
  if (connections_ == nullptr) throw std::bad_alloc();
}

TcpSequences TcpSequences::share(std::uint32_t first, std::uint32_t end) const {
  CAPSTAN_CHECK(set_mask_ + 1 == kFlowSlots, set_mask_, kFlowSlots);
  TcpSequences share = *this;
  share.first_slot_ = first;
  share.end_slot_ = end;
  return share;
}

TcpSequences::Connection& TcpSequences::find_or_make(std::size_t set, const Key& key,
                                                     bool& made) noexcept {
  Connection* const places = connections_.get() + set * kPlaces;
  std::size_t found = 0;
  while (found < kPlaces - 1 && places[found].used != 0 && places[found].key != key) ++found;
  made = places[found].used == 0 || places[found].key != key;
  if (found == 0 && !made) return places[0];
  Connection connection = places[found];
  for (std::size_t i = found; i > 0; --i) places[i] = places[i - 1];
  if (made) {
    connection.key = key;
    connection.used = 1;
  }
  places[0] = connection;
  return places[0];
}

TcpSequences::Relation TcpSequences::relate(const Surroundings& around, bool syn,
                                            std::uint32_t& sequence,
                                            std::uint32_t& acknowledgment) noexcept {
  const std::size_t address_bytes = around.ip_version == 6 ? 16 : 4;
  const bool reversed = source_is_upper(around, address_bytes);
  const std::uint8_t* lower = reversed ? around.destination : around.source;
  const std::uint8_t* upper = reversed ? around.source : around.destination;
  Key key{};
  std::memcpy(&key.words[0], lower, address_bytes);
  std::memcpy(&key.words[2], upper, address_bytes);
  // Marks IPv4: an IPv6 address that differs in nothing else is not the same host.
  if (address_bytes == 4) key.words[1] = 4;
  key.ports = reversed ? std::uint32_t{around.destination_port} << 16 | around.source_port
                       : std::uint32_t{around.source_port} << 16 | around.destination_port;
  const std::uint32_t slot = flow_slot(around.source, around.destination, address_bytes,
                                       around.source_port, around.destination_port);
  if (slot < first_slot_ || slot >= end_slot_) {
    ++strays_;
    return {reversed, 0, 0};
  }
  bool made = false;
  Connection& connection = find_or_make(slot & set_mask_, key, made);
  if (made || syn) {
    connection.sequence = reversed ? acknowledgment - 1 : sequence;
    connection.acknowledgment = reversed ? sequence : acknowledgment - 1;
  } else {
    sequence -= reversed ? connection.acknowledgment : connection.sequence;
    acknowledgment -= reversed ? connection.sequence : connection.acknowledgment;
  }
  return {reversed, connection.sequence, connection.acknowledgment};
}

}  // namespace capstan::text
