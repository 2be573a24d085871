#include "engine/reader/pcap_reader.h"

#include <algorithm>
#include <utility>

#include "engine/block/packet_walk.h"
#include "engine/core/byte_order.h"
#include "engine/core/check.h"
#include "engine/core/clock.h"
#include "engine/core/read_ahead.h"
#include "engine/format/link_type.h"

namespace capstan {

namespace {

constexpr std::uint32_t kMagicMicroseconds = 0xA1B2C3D4;
constexpr std::uint32_t kMagicNanoseconds = 0xA1B23C4D;
// Linux of the nineties (A. Kuznetzov's patch): 8 more bytes in each record head, an interface
// index, a protocol and a packet type.
constexpr std::uint32_t kMagicKuznetzov = 0xA1B2CD34;
// Ixia's lcap: 4 more bytes in the file head, the size of all records; nanoseconds.
constexpr std::uint32_t kMagicIxiaHardware = 0x1C0001AC;
constexpr std::uint32_t kMagicIxiaSoftware = 0x1C0001AB;

// What libpcap and Wireshark allow a packet of most link types to be.
constexpr std::uint32_t kUsualPacketLimit = 262144;

bool set_variant(std::uint32_t magic, PcapFileHead& head) noexcept {
  switch (magic) {
    case kMagicMicroseconds:
      return true;
    case kMagicNanoseconds:
      head.nanoseconds = true;
      return true;
    case kMagicKuznetzov:
      head.record_head_bytes = 24;
      head.variant = "modified (Kuznetzov)";
      return true;
    case kMagicIxiaHardware:
    case kMagicIxiaSoftware:
      head.nanoseconds = true;
      head.head_bytes = 28;
      head.variant = "Ixia lcap";
      return true;
    default:
      return false;
  }
}

template <typename Order>
std::optional<PcapFileHead> parse_head(std::span<const std::uint8_t> bytes) noexcept {
  PcapFileHead head;
  if (!set_variant(Order::load32(bytes.data()), head)) return std::nullopt;
  head.byte_swapped = Order::kSwapped;
  head.version_major = Order::load16(bytes.data() + 4);
  head.version_minor = Order::load16(bytes.data() + 6);
  head.snaplen = Order::load32(bytes.data() + 16);
  // The upper half holds the length of a frame check sequence and reserved bits.
  head.link_type =
      canonical_link_type(static_cast<std::uint16_t>(Order::load32(bytes.data() + 20)));
  return head;
}

template <typename Order>
PcapRecordHead parse_record(const PcapFileHead& file, const std::uint8_t* at) noexcept {
  PcapRecordHead record{Order::load32(at), Order::load32(at + 4), Order::load32(at + 8),
                        Order::load32(at + 12)};
  // Versions before 2.3 and DG/UX's 543.0 wrote the lengths the other way round, 2.3 did either.
  const bool swapped =
      (file.version_major == 2 && file.version_minor < 3) || file.version_major == 543 ||
      (file.version_major == 2 && file.version_minor == 3 && record.caplen > record.wirelen);
  if (swapped) [[unlikely]]
    std::swap(record.caplen, record.wirelen);
  return record;
}

template <typename Order>
class PcapReader final : public RecordReader {
 public:
  PcapReader(ByteWindow window, const PcapFileHead& head)
      : window_(std::move(window)),
        head_(head),
        used_(head.head_bytes),
        snaplen_(head.snaplen_limit()) {
    FileSection section;
    section.byte_swapped = head.byte_swapped;
    section.version_major = head.version_major;
    section.version_minor = head.version_minor;
    sections_.push_back(section);
    FileInterface interface;
    interface.link_type = head.link_type;
    interface.snaplen = head.snaplen;
    interface.timestamps = TimestampScale(head.nanoseconds ? 9 : 6, 0);
    interfaces_.push_back(interface);
    fraction_ns_ = head.nanoseconds ? 1 : 1000;
  }

  ReadItem next_item(PacketView& packet) override {
    if (state_ != State::kRecords) [[unlikely]]
      return next_of_head();
    while (true) {
      const std::span<const std::uint8_t> bytes = window_.bytes();
      item_ = std::min(used_, bytes.size());  // an lcap head may reach beyond the bytes at hand
      const std::size_t left = bytes.size() - item_;
      if (left >= head_.record_head_bytes) [[likely]] {
        const std::uint8_t* at = bytes.data() + used_;
        const PcapRecordHead record = parse_record<Order>(head_, at);
        const WalkEnd problem = check_pcap_record(head_, record);
        if (problem != WalkEnd::kRunning) [[unlikely]] {
          if (problem == WalkEnd::kBadLength) return finish_damaged(problem);
          if (is_zero_run(bytes.subspan(item_)) ||
              !window_.true_end({FileEnd::Kind::kClean, 0, {}, false}).clean()) {
            return finish_damaged(problem);
          }
        }
        const bool undecided = problem == WalkEnd::kZeros && left < kZeroRunBytes && !at_end_;
        const std::size_t size = head_.record_head_bytes + std::size_t{record.caplen};
        if (left >= size && !undecided) [[likely]] {
          used_ += size;
          ahead_.at(bytes.data() + used_);
          fill(record, at + head_.record_head_bytes, packet);
          return ReadItem::kPacket;
        }
      }
      if (at_end_) return finish_short();
      at_end_ = !window_.more(item_);
      used_ -= item_;
      item_ = 0;
    }
  }

  std::uint64_t item_offset() const noexcept override { return window_.offset() + item_; }

 private:
  void fill(const PcapRecordHead& record, const std::uint8_t* data, PacketView& packet) noexcept {
    packet.data = data;
    packet.caplen = std::min(record.caplen, snaplen_);
    packet.wirelen = std::max(packet.caplen, record.wirelen);
    packet.timestamp_ns = std::uint64_t{record.seconds} * kNanosecondsPerSecond +
                          std::uint64_t{record.fraction} * fraction_ns_;
    packet.interface_id = 0;
    packet.link_type = head_.link_type;
    packet.direction = Direction::kUnknown;
    packet.dropped_before = 0;
  }

  // What the file head says, before the records; then the end, for ever.
  ReadItem next_of_head() noexcept {
    if (state_ == State::kSection) {
      state_ = State::kInterface;
      return ReadItem::kSection;
    }
    if (state_ == State::kInterface) {
      state_ = State::kRecords;
      return ReadItem::kInterface;
    }
    return ReadItem::kEnd;
  }

  // The bytes ended: between two records or inside one.
  ReadItem finish_short() {
    const std::string error = window_.error();
    if (!error.empty()) return finish(FileEnd::Kind::kFailed, error);
    if (used_ == window_.bytes().size()) return finish(FileEnd::Kind::kClean, "");
    return finish(FileEnd::Kind::kCutShort, walk_end_text(WalkEnd::kCutShort));
  }

  ReadItem finish_damaged(WalkEnd problem) {
    const auto kind =
        problem == WalkEnd::kZeros ? FileEnd::Kind::kCutShort : FileEnd::Kind::kDamaged;
    finish(kind, walk_end_text(problem));
    end_.in_zeros = problem == WalkEnd::kZeros && end_.kind == kind;
    return ReadItem::kEnd;
  }

  ReadItem finish(FileEnd::Kind kind, std::string reason) {
    end_ = window_.true_end({kind, item_offset(), std::move(reason), false});
    state_ = State::kEnd;
    return ReadItem::kEnd;
  }

  enum class State : std::uint8_t { kSection, kInterface, kRecords, kEnd };

  ByteWindow window_;
  PcapFileHead head_;
  ReadAhead ahead_;
  std::size_t used_;      // bytes of the window before the next record
  std::size_t item_ = 0;  // where in the window the present item begins
  std::uint32_t fraction_ns_ = 1000;
  std::uint32_t snaplen_;  // longer packets are cut to it
  bool at_end_ = false;    // no byte will follow those at hand
  State state_ = State::kSection;
};

}  // namespace

std::uint32_t PcapFileHead::caplen_limit() const noexcept {
  return std::min(std::max(kUsualPacketLimit, snaplen), kMaxBlockBytes);
}

std::uint32_t PcapFileHead::snaplen_limit() const noexcept {
  constexpr std::uint32_t kLargestSigned = 0x7FFFFFFF;
  if (snaplen == 0 || snaplen > kLargestSigned) return caplen_limit();
  // Kuznetzov's kernels put an Ethernet header in front of what the snap length had limited.
  const bool has_fake_head = record_head_bytes != kPcapRecordHeadBytes;
  return has_fake_head && link_type == link_type::kEthernet ? snaplen + 14 : snaplen;
}

std::optional<PcapFileHead> parse_pcap_head(std::span<const std::uint8_t> bytes) noexcept {
  if (bytes.size() < kPcapFileHeadBytes) return std::nullopt;
  const std::optional<PcapFileHead> native = parse_head<NativeOrder>(bytes);
  return native ? native : parse_head<SwappedOrder>(bytes);
}

bool has_pcap_magic(std::span<const std::uint8_t> bytes) noexcept {
  if (bytes.size() < 4) return false;
  PcapFileHead head;
  return set_variant(NativeOrder::load32(bytes.data()), head) ||
         set_variant(SwappedOrder::load32(bytes.data()), head);
}

WalkEnd check_pcap_record(const PcapFileHead& file, const PcapRecordHead& record) noexcept {
  if (record.caplen > file.caplen_limit()) return WalkEnd::kBadLength;
  if (record.caplen == 0 && record.wirelen == 0 && record.seconds == 0 && record.fraction == 0) {
    return WalkEnd::kZeros;
  }
  return WalkEnd::kRunning;
}

bool is_zero_run(std::span<const std::uint8_t> bytes) noexcept {
  return bytes.size() >= kZeroRunBytes && std::all_of(bytes.begin(), bytes.begin() + kZeroRunBytes,
                                                      [](std::uint8_t byte) { return byte == 0; });
}

PcapRecordHead parse_pcap_record(const PcapFileHead& file, const std::uint8_t* at) noexcept {
  return file.byte_swapped ? parse_record<SwappedOrder>(file, at)
                           : parse_record<NativeOrder>(file, at);
}

std::unique_ptr<RecordReader> make_pcap_reader(ByteWindow window) {
  const std::optional<PcapFileHead> head = parse_pcap_head(window.bytes());
  CAPSTAN_CHECK(head.has_value(), window.bytes().size());
  if (head->byte_swapped) {
    return std::make_unique<PcapReader<SwappedOrder>>(std::move(window), *head);
  }
  return std::make_unique<PcapReader<NativeOrder>>(std::move(window), *head);
}

}  // namespace capstan
