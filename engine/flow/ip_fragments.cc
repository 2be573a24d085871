#include "engine/flow/ip_fragments.h"

#include <string.h>

#include <algorithm>

namespace capstan {

namespace {
constexpr std::size_t kMaxRanges = 64;
}

IpFragments::~IpFragments() {
  for (Datagram& datagram : datagrams_) pool_.release(datagram.buffer, datagram.used);
  pool_.release(finished_.buffer, finished_.used);
}

std::size_t IpFragments::KeyHash::operator()(const Key& key) const noexcept {
  std::array<std::uint64_t, 4> words{};
  ::memcpy(words.data(), key.source.data(), key.source.size());
  ::memcpy(words.data() + 2, key.destination.data(), key.destination.size());
  std::uint64_t mixed = key.id ^ std::uint64_t{key.protocol} << 32;
  for (const std::uint64_t word : words) {
    mixed = (mixed ^ word) * 0x9e3779b97f4a7c15ULL;
    mixed ^= mixed >> 32;
  }
  return static_cast<std::size_t>(mixed);
}

IpFragments::Key IpFragments::key_of(const TransportPacket& fragment) noexcept {
  return {fragment.source,
          fragment.destination,
          fragment.fragment.id,
          fragment.vlans,
          fragment.ip_version == 4 ? fragment.protocol : std::uint8_t{0},
          fragment.ip_version};
}

void IpFragments::drop(Datagrams::iterator datagram) {
  held_bytes_ -= datagram->buffer.size();
  pool_.release(datagram->buffer, datagram->used);
  index_.erase(datagram->key);
  datagrams_.erase(datagram);
}

void IpFragments::finish() {
  while (!datagrams_.empty()) {
    ++dropped_;
    drop(datagrams_.begin());
  }
}

// The datagram this is a piece of: a new one when none is known.
IpFragments::Datagram& IpFragments::find(const TransportPacket& fragment,
                                         std::uint64_t arrival_ns) {
  while (!datagrams_.empty() && arrival_ns - datagrams_.front().first_ns > kTimeoutNs) {
    ++dropped_;
    drop(datagrams_.begin());
  }
  const Key key = key_of(fragment);
  if (const auto known = index_.find(key); known != index_.end()) return *known->second;
  if (datagrams_.size() == kMaxDatagrams) {
    ++dropped_;
    drop(datagrams_.begin());
  }
  Datagram& made = datagrams_.emplace_back();
  made.key = key;
  made.protocol = fragment.protocol;
  made.first_ns = arrival_ns;
  index_.emplace(key, std::prev(datagrams_.end()));
  return made;
}

// A buffer that reaches to `end`, at the cost of the oldest where there is too little memory.
bool IpFragments::make_room(Datagram& datagram, std::uint32_t end) {
  if (datagram.buffer.size() >= end) return true;
  while (held_bytes_ + end > pool_.capacity_bytes() / 2 && &datagrams_.front() != &datagram) {
    ++dropped_;
    drop(datagrams_.begin());
  }
  const std::span<std::uint8_t> larger = pool_.allocate(end);
  if (larger.empty()) return false;
  if (datagram.used != 0) ::memcpy(larger.data(), datagram.buffer.data(), datagram.used);
  held_bytes_ += larger.size();
  held_bytes_ -= datagram.buffer.size();
  pool_.release(datagram.buffer, datagram.used);
  datagram.buffer = larger;
  return true;
}

void IpFragments::insert(Datagram& datagram, std::uint32_t begin,
                         std::span<const std::uint8_t> bytes) {
  std::uint32_t at = begin;
  const std::uint32_t end = begin + static_cast<std::uint32_t>(bytes.size());
  std::vector<Range>& ranges = datagram.ranges;
  for (const Range& known : ranges) {
    if (known.end <= at) continue;
    if (known.begin >= end) break;
    if (known.begin > at) {
      ::memcpy(datagram.buffer.data() + at, bytes.data() + (at - begin), known.begin - at);
    }
    at = std::max(at, known.end);
  }
  if (at < end) ::memcpy(datagram.buffer.data() + at, bytes.data() + (at - begin), end - at);
  datagram.used = std::max(datagram.used, end);
  ranges.push_back({begin, end});
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].begin <= ranges[kept].end) {
      ranges[kept].end = std::max(ranges[kept].end, ranges[i].end);
    } else {
      ranges[++kept] = ranges[i];
    }
  }
  ranges.resize(kept + 1);
}

bool IpFragments::add(const TransportPacket& fragment, std::uint64_t arrival_ns,
                      TransportPacket& whole) {
  const std::uint32_t begin = fragment.fragment.offset;
  const auto size = static_cast<std::uint32_t>(fragment.ip_payload.size());
  if (size == 0 || begin + size > BufferPool::kLargest) {
    ++dropped_;
    return false;
  }
  Datagram& datagram = find(fragment, arrival_ns);
  const auto place = index_.find(datagram.key)->second;
  if (datagram.ranges.size() >= kMaxRanges || !make_room(datagram, begin + size)) {
    ++dropped_;
    drop(place);
    return false;
  }
  if (begin == 0) datagram.protocol = fragment.protocol;
  insert(datagram, begin, fragment.ip_payload);
  if (!fragment.fragment.more && datagram.length == 0) datagram.length = begin + size;
  if (datagram.length == 0 || datagram.ranges[0].begin != 0 ||
      datagram.ranges[0].end < datagram.length) {
    return false;
  }
  pool_.release(finished_.buffer, finished_.used);
  held_bytes_ -= datagram.buffer.size();
  index_.erase(datagram.key);
  finished_ = std::move(datagram);
  datagrams_.erase(place);
  ++completed_;
  whole = fragment;
  whole.is_fragment = false;
  whole.protocol = finished_.protocol;
  whole.ip_payload = std::span<const std::uint8_t>(finished_.buffer).first(finished_.length);
  return true;
}

}  // namespace capstan
