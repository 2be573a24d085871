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

void IpFragments::drop(std::size_t index) {
  pool_.release(datagrams_[index].buffer, datagrams_[index].used);
  datagrams_.erase(datagrams_.begin() + static_cast<std::ptrdiff_t>(index));
}

IpFragments::Datagram* IpFragments::find(const TransportPacket& fragment, std::uint64_t now_ns) {
  for (std::size_t i = 0; i < datagrams_.size();) {
    Datagram& known = datagrams_[i];
    if (now_ns > known.first_ns && now_ns - known.first_ns > kTimeoutNs) {
      ++dropped_;
      drop(i);
      continue;
    }
    if (known.id == fragment.fragment.id && known.protocol == fragment.protocol &&
        known.ip_version == fragment.ip_version && known.vlans == fragment.vlans &&
        known.source == fragment.source && known.destination == fragment.destination) {
      return &known;
    }
    ++i;
  }
  if (datagrams_.size() == kMaxDatagrams) {
    ++dropped_;
    drop(0);  // the oldest
  }
  Datagram made;
  made.source = fragment.source;
  made.destination = fragment.destination;
  made.vlans = fragment.vlans;
  made.id = fragment.fragment.id;
  made.protocol = fragment.protocol;
  made.ip_version = fragment.ip_version;
  made.first_ns = now_ns;
  made.buffer = pool_.allocate(BufferPool::kLargest);
  if (made.buffer.empty()) return nullptr;
  datagrams_.push_back(std::move(made));
  return &datagrams_.back();
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

bool IpFragments::add(const TransportPacket& fragment, std::uint64_t now_ns,
                      TransportPacket& whole) {
  const std::uint32_t begin = fragment.fragment.offset;
  const auto size = static_cast<std::uint32_t>(fragment.ip_payload.size());
  if (size == 0 || begin + size > BufferPool::kLargest) {
    ++dropped_;
    return false;
  }
  Datagram* const datagram = find(fragment, now_ns);
  if (datagram == nullptr) {
    ++dropped_;
    return false;
  }
  if (datagram->ranges.size() >= kMaxRanges) {
    ++dropped_;
    drop(static_cast<std::size_t>(datagram - datagrams_.data()));
    return false;
  }
  insert(*datagram, begin, fragment.ip_payload);
  if (!fragment.fragment.more && datagram->length == 0) datagram->length = begin + size;
  if (datagram->length == 0 || datagram->ranges[0].begin != 0 ||
      datagram->ranges[0].end < datagram->length) {
    return false;
  }
  pool_.release(finished_.buffer, finished_.used);
  finished_ = std::move(*datagram);
  datagrams_.erase(datagrams_.begin() + (datagram - datagrams_.data()));
  ++completed_;
  whole = fragment;
  whole.is_fragment = false;
  return read_transport_header(
      std::span<const std::uint8_t>(finished_.buffer).first(finished_.length), finished_.length,
      whole);
}

}  // namespace capstan
