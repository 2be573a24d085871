#include "tools/text/tcp_sequences.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace capstan::text {

namespace {

// Whether the source is the upper end: the order is arbitrary but the same for both directions.
bool source_is_upper(const Surroundings& around, std::size_t address_bytes) noexcept {
  if (around.source_port != around.destination_port) {
    return around.source_port > around.destination_port;
  }
  return std::memcmp(around.source, around.destination, address_bytes) > 0;
}

std::uint64_t hash_words(const std::uint64_t (&words)[4], std::uint32_t ports) noexcept {
  std::uint64_t hash = ports * 0x9e3779b97f4a7c15ULL;
  for (const std::uint64_t word : words) {
    hash ^= word;
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

void TcpSequences::FreeMemory::operator()(Connection* memory) const noexcept { std::free(memory); }

// calloc, so that pages never used cost nothing.
TcpSequences::TcpSequences(std::size_t sets)
    : connections_(static_cast<Connection*>(std::calloc(sets * kPlaces, sizeof(Connection)))),
      set_mask_(sets - 1) {
  if (connections_ == nullptr) throw std::bad_alloc();
}

TcpSequences::Connection* TcpSequences::find_or_make(const Key& key, bool& made) noexcept {
  const std::size_t set = hash_words(key.words, key.ports) & set_mask_;
  Connection* places = connections_.get() + set * kPlaces;
  if (++clock_ == 0) clock_ = 1;
  Connection* oldest = places;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    Connection& place = places[i];
    if (place.last_seen != 0 && place.key == key) {
      place.last_seen = clock_;
      made = false;
      return &place;
    }
    if (place.last_seen < oldest->last_seen) oldest = &place;
  }
  oldest->key = key;
  oldest->last_seen = clock_;
  made = true;
  return oldest;
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
  bool made = false;
  Connection& connection = *find_or_make(key, made);
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
