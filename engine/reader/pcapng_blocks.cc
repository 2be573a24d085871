#include "engine/reader/pcapng_blocks.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "engine/core/byte_order.h"
#include "engine/format/link_type.h"
#include "engine/format/pcapng.h"

namespace capstan {

namespace {

constexpr std::size_t kInterfaceFixedBytes = 16;  // head, link type, reserved, snaplen
constexpr std::size_t kSectionFixedBytes = 24;    // head, magic, version, section length
constexpr std::size_t kPacketFixedBytes = 28;     // of both packet blocks with a timestamp
constexpr std::size_t kSimpleFixedBytes = 12;     // head, length on the wire
constexpr std::uint16_t kPacketBlockFlags = 2;    // pack_flags, as epb_flags
constexpr std::uint16_t kDropsUnknown = 0xFFFF;

// The value of a text option: up to a zero byte, which some writers include.
std::string option_text(const BlockOption& option, std::size_t limit) {
  const std::string_view text = option.text().substr(0, limit);
  return std::string(text.substr(0, text.find('\0')));
}

// if_filter begins with a byte that says which kind; 0 is a libpcap expression (section 4.2).
std::string filter_text(const BlockOption& option, std::size_t limit) {
  if (option.value.empty() || option.value[0] != 0) return {};
  return option_text({option.code, option.value.subspan(1)}, limit);
}

template <typename Order>
std::optional<std::uint64_t> option_u64(const BlockOption& option) noexcept {
  if (option.value.size() != 8) return std::nullopt;
  return Order::load64(option.value.data());
}

// isb_starttime and isb_endtime are two 32-bit halves, the upper one first, in either byte order.
template <typename Order>
std::optional<std::uint64_t> option_time(const BlockOption& option,
                                         const TimestampScale& scale) noexcept {
  if (option.value.size() != 8) return std::nullopt;
  const std::uint64_t high = Order::load32(option.value.data());
  return scale.to_ns(high << 32 | Order::load32(option.value.data() + 4));
}

}  // namespace

template <typename Order>
OptionWalk<Order>::OptionWalk(std::span<const std::uint8_t> block, std::size_t start) noexcept {
  const std::size_t end = block.size() - pcapng::kBlockTrailerBytes;
  if (start < end) rest_ = block.subspan(start, end - start);
}

template <typename Order>
bool OptionWalk<Order>::next(BlockOption& option) noexcept {
  if (rest_.size() < pcapng::kOptionHeaderBytes) return false;
  option.code = Order::load16(rest_.data());
  const std::size_t length = Order::load16(rest_.data() + 2);
  const std::size_t room = rest_.size() - pcapng::kOptionHeaderBytes;
  if (option.code == pcapng::kOptEndOfOptions || length > room) return false;
  option.value = rest_.subspan(pcapng::kOptionHeaderBytes, length);
  const std::size_t step = std::min(pcapng::padded4(length), room);
  rest_ = rest_.subspan(pcapng::kOptionHeaderBytes + step);
  return true;
}

template <typename Order>
std::optional<FileInterface> parse_interface(std::span<const std::uint8_t> block,
                                             std::size_t text_limit) {
  if (block.size() < kInterfaceFixedBytes + pcapng::kBlockTrailerBytes) return std::nullopt;
  FileInterface interface;
  interface.link_type = canonical_link_type(Order::load16(block.data() + 8));
  interface.snaplen = Order::load32(block.data() + 12);
  std::uint8_t resolution = 6;
  std::int64_t offset_s = 0;
  OptionWalk<Order> options(block, kInterfaceFixedBytes);
  for (BlockOption option; options.next(option);) {
    switch (option.code) {
      case pcapng::kIfName:
        interface.name = option_text(option, text_limit);
        break;
      case pcapng::kIfDescription:
        interface.description = option_text(option, text_limit);
        break;
      case pcapng::kIfFilter:
        interface.filter = filter_text(option, text_limit);
        break;
      case pcapng::kIfOs:
        interface.os = option_text(option, text_limit);
        break;
      case pcapng::kIfTsResolution:
        if (option.value.size() == 1) resolution = option.value[0];
        break;
      case pcapng::kIfTsOffset:
        offset_s = static_cast<std::int64_t>(option_u64<Order>(option).value_or(0));
        break;
      default:
        break;
    }
  }
  interface.timestamps = TimestampScale(resolution, offset_s);
  return interface;
}

template <typename Order>
static std::optional<RecordingMark> parse_recording_mark(
    std::span<const std::uint8_t> value) noexcept {
  if (value.size() < sizeof(RecordingMark)) return std::nullopt;
  const std::uint8_t* at = value.data();
  RecordingMark mark{};
  mark.magic = Order::load32(at + offsetof(RecordingMark, magic));
  mark.stripe = Order::load32(at + offsetof(RecordingMark, stripe));
  mark.stripes = Order::load32(at + offsetof(RecordingMark, stripes));
  mark.file_number = Order::load32(at + offsetof(RecordingMark, file_number));
  std::memcpy(mark.id.data(), at + offsetof(RecordingMark, id), mark.id.size());
  const bool makes_sense = mark.magic == kRecordingMarkMagic && mark.stripe >= 1 &&
                           mark.stripe <= mark.stripes && mark.file_number >= 1;
  return makes_sense ? std::optional(mark) : std::nullopt;
}

template <typename Order>
void parse_section_options(std::span<const std::uint8_t> block, std::size_t text_limit,
                           FileSection& section) {
  OptionWalk<Order> options(block, kSectionFixedBytes);
  for (BlockOption option; options.next(option);) {
    if (option.code == pcapng::kShbHardware) section.hardware = option_text(option, text_limit);
    if (option.code == pcapng::kShbOs) section.os = option_text(option, text_limit);
    if (option.code == pcapng::kShbUserApplication) {
      section.application = option_text(option, text_limit);
    }
    if (option.code == pcapng::kOptComment && section.comment.empty()) {
      section.comment = option_text(option, text_limit);
    }
    if (option.code == pcapng::kOptCapstanRecording) {
      section.recording = parse_recording_mark<Order>(option.value);
    }
  }
}

template <typename Order>
std::optional<InterfaceStatistics> parse_statistics(std::span<const std::uint8_t> block,
                                                    std::span<const FileInterface> interfaces) {
  using pcapng::kInterfaceStatisticsHeadBytes;
  if (block.size() < kInterfaceStatisticsHeadBytes + pcapng::kBlockTrailerBytes) {
    return std::nullopt;
  }
  InterfaceStatistics statistics;
  statistics.interface_id = Order::load32(block.data() + 8);
  if (statistics.interface_id >= interfaces.size()) return std::nullopt;
  const TimestampScale& scale = interfaces[statistics.interface_id].timestamps;
  const std::uint64_t high = Order::load32(block.data() + 12);
  statistics.timestamp_ns = scale.to_ns(high << 32 | Order::load32(block.data() + 16));
  OptionWalk<Order> options(block, kInterfaceStatisticsHeadBytes);
  for (BlockOption option; options.next(option);) {
    switch (option.code) {
      case pcapng::kIsbStartTime:
        statistics.start_ns = option_time<Order>(option, scale);
        break;
      case pcapng::kIsbEndTime:
        statistics.end_ns = option_time<Order>(option, scale);
        break;
      case pcapng::kIsbInterfaceReceived:
        statistics.interface_received = option_u64<Order>(option);
        break;
      case pcapng::kIsbInterfaceDropped:
        statistics.interface_dropped = option_u64<Order>(option);
        break;
      case pcapng::kIsbFilterAccepted:
        statistics.filter_accepted = option_u64<Order>(option);
        break;
      case pcapng::kIsbOsDropped:
        statistics.os_dropped = option_u64<Order>(option);
        break;
      case pcapng::kIsbUserDelivered:
        statistics.user_delivered = option_u64<Order>(option);
        break;
      default:
        break;
    }
  }
  return statistics;
}

template <typename Order>
std::optional<BlockHead> parse_block_head(std::span<const std::uint8_t> block) noexcept {
  if (block.size() < kBlockHeadBytes1 + pcapng::kBlockTrailerBytes) return std::nullopt;
  const std::uint8_t* at = block.data();
  const std::uint32_t magic = Order::load32(at + offsetof(BlockHead, magic));
  const bool whole =
      magic == kBlockHeadMagic && block.size() >= sizeof(BlockHead) + pcapng::kBlockTrailerBytes;
  if (!whole && magic != kBlockHeadMagic1) return std::nullopt;
  BlockHead head{};
  head.type = Order::load32(at + offsetof(BlockHead, type));
  head.total_length = Order::load32(at + offsetof(BlockHead, total_length));
  head.kernel_status = Order::load32(at + offsetof(BlockHead, kernel_status));
  head.magic = magic;
  head.ring = Order::load32(at + offsetof(BlockHead, ring));
  head.packet_count = Order::load32(at + offsetof(BlockHead, packet_count));
  head.sequence = Order::load64(at + offsetof(BlockHead, sequence));
  head.received = Order::load64(at + offsetof(BlockHead, received));
  head.dropped = Order::load64(at + offsetof(BlockHead, dropped));
  head.freezes = Order::load64(at + offsetof(BlockHead, freezes));
  head.loss_begin_ns = Order::load64(at + offsetof(BlockHead, loss_begin_ns));
  head.loss_end_ns = Order::load64(at + offsetof(BlockHead, loss_end_ns));
  head.output_packets = whole ? Order::load64(at + offsetof(BlockHead, output_packets))
                              : head.received - std::min(head.dropped, head.received);
  return head;
}

template <typename Order>
std::optional<FileClose> parse_file_close(std::span<const std::uint8_t> block) noexcept {
  if (block.size() < sizeof(FileClose) + pcapng::kBlockTrailerBytes) return std::nullopt;
  const std::uint8_t* at = block.data();
  if (Order::load32(at + offsetof(FileClose, magic)) != kFileCloseMagic) return std::nullopt;
  FileClose close{};
  close.type = Order::load32(at + offsetof(FileClose, type));
  close.total_length = Order::load32(at + offsetof(FileClose, total_length));
  close.magic = kFileCloseMagic;
  close.reason = Order::load32(at + offsetof(FileClose, reason));
  close.packets = Order::load64(at + offsetof(FileClose, packets));
  close.timestamp_ns = Order::load64(at + offsetof(FileClose, timestamp_ns));
  close.cut_bytes = Order::load64(at + offsetof(FileClose, cut_bytes));
  return close;
}

template <typename Order>
std::optional<RecordedEvent> parse_event(std::span<const std::uint8_t> block,
                                         std::size_t text_limit) {
  if (block.size() < sizeof(EventHead) + pcapng::kBlockTrailerBytes) return std::nullopt;
  const std::uint8_t* at = block.data();
  if (Order::load32(at + offsetof(EventHead, magic)) != kEventMagic) return std::nullopt;
  RecordedEvent event;
  event.interface_id = Order::load32(at + offsetof(EventHead, interface_id));
  event.timestamp_ns = std::uint64_t{Order::load32(at + offsetof(EventHead, timestamp_high))}
                           << 32 |
                       Order::load32(at + offsetof(EventHead, timestamp_low));
  event.change = static_cast<LinkChange>(Order::load32(at + offsetof(EventHead, change)));
  OptionWalk<Order> options(block, sizeof(EventHead));
  BlockOption option;
  while (options.next(option)) {
    if (option.code == pcapng::kOptComment) event.text = option.text().substr(0, text_limit);
  }
  return event;
}

template <typename Order>
WalkEnd parse_packet_block(std::span<const std::uint8_t> block,
                           std::span<const FileInterface> interfaces, PacketView& packet) noexcept {
  constexpr std::size_t kFixedBytes = kPacketFixedBytes + pcapng::kBlockTrailerBytes;
  if (block.size() < kFixedBytes) return WalkEnd::kBadLength;
  const std::uint8_t* at = block.data();
  const std::uint16_t interface_id = Order::load16(at + 8);
  const std::uint16_t drops = Order::load16(at + 10);
  const std::uint32_t caplen = Order::load32(at + 20);
  if (caplen > block.size() - kFixedBytes) return WalkEnd::kPacketTooLong;
  if (interface_id >= interfaces.size()) return WalkEnd::kUnknownInterface;
  packet.data = at + kPacketFixedBytes;
  packet.caplen = caplen;
  packet.wirelen = std::max(caplen, Order::load32(at + 24));
  packet.timestamp_ns = std::uint64_t{Order::load32(at + 12)} << 32 | Order::load32(at + 16);
  packet.interface_id = interface_id;
  packet.link_type = interfaces[interface_id].link_type;
  packet.direction = Direction::kUnknown;
  packet.dropped_before = drops == kDropsUnknown ? 0 : drops;
  OptionWalk<Order> options(block, kPacketFixedBytes + pcapng::padded4(caplen));
  for (BlockOption option; options.next(option);) {
    if (option.code != kPacketBlockFlags || option.value.size() != 4) continue;
    const std::uint32_t way = Order::load32(option.value.data()) & 3U;
    if (way != 3U) packet.direction = static_cast<Direction>(way);
  }
  return WalkEnd::kRunning;
}

template <typename Order>
WalkEnd parse_simple_packet(std::span<const std::uint8_t> block,
                            std::span<const FileInterface> interfaces,
                            PacketView& packet) noexcept {
  constexpr std::size_t kFixedBytes = kSimpleFixedBytes + pcapng::kBlockTrailerBytes;
  if (block.size() < kFixedBytes) return WalkEnd::kBadLength;
  if (interfaces.empty()) return WalkEnd::kUnknownInterface;
  const std::uint32_t wirelen = Order::load32(block.data() + 8);
  // Section 4.4: the packet is cut to the snap length of interface 0, 0 meaning none.
  const std::uint32_t snaplen = interfaces[0].snaplen;
  const std::uint32_t caplen = snaplen == 0 ? wirelen : std::min(wirelen, snaplen);
  if (caplen > block.size() - kFixedBytes) return WalkEnd::kPacketTooLong;
  packet.data = block.data() + kSimpleFixedBytes;
  packet.caplen = caplen;
  packet.wirelen = wirelen;
  packet.timestamp_ns = 0;
  packet.interface_id = 0;
  packet.link_type = interfaces[0].link_type;
  packet.direction = Direction::kUnknown;
  packet.dropped_before = 0;
  return WalkEnd::kRunning;
}

#define CAPSTAN_INSTANTIATE(Order)                                                            \
  template class OptionWalk<Order>;                                                           \
  template std::optional<FileInterface> parse_interface<Order>(std::span<const std::uint8_t>, \
                                                               std::size_t);                  \
  template void parse_section_options<Order>(std::span<const std::uint8_t>, std::size_t,      \
                                             FileSection&);                                   \
  template std::optional<InterfaceStatistics> parse_statistics<Order>(                        \
      std::span<const std::uint8_t>, std::span<const FileInterface>);                         \
  template std::optional<BlockHead> parse_block_head<Order>(std::span<const std::uint8_t>);   \
  template std::optional<FileClose> parse_file_close<Order>(std::span<const std::uint8_t>);   \
  template std::optional<RecordedEvent> parse_event<Order>(std::span<const std::uint8_t>,     \
                                                           std::size_t);                      \
  template WalkEnd parse_packet_block<Order>(std::span<const std::uint8_t>,                   \
                                             std::span<const FileInterface>, PacketView&);    \
  template WalkEnd parse_simple_packet<Order>(std::span<const std::uint8_t>,                  \
                                              std::span<const FileInterface>, PacketView&)

CAPSTAN_INSTANTIATE(NativeOrder);
CAPSTAN_INSTANTIATE(SwappedOrder);

}  // namespace capstan
