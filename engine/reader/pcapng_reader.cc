#include "engine/reader/pcapng_reader.h"

#include <string>
#include <utility>

#include "engine/block/packet_walk.h"
#include "engine/core/byte_order.h"
#include "engine/core/read_ahead.h"
#include "engine/format/pcapng.h"
#include "engine/reader/pcapng_blocks.h"

namespace capstan {

namespace {

// Bounds on what a hostile file can make a reader remember: far above any real one.
constexpr std::size_t kMaxInterfaces = 1U << 17;
constexpr std::size_t kMaxSections = 1U << 17;
constexpr std::size_t kTextLimitBytes = 4096;
constexpr std::size_t kTextBudgetBytes = 32U << 20;  // beyond it texts are left out

class PcapngReader final : public RecordReader {
 public:
  explicit PcapngReader(ByteWindow window) : window_(std::move(window)) {}

  ReadItem next_item(PacketView& packet) override {
    if (end_.kind != FileEnd::Kind::kNotYet) [[unlikely]]
      return ReadItem::kEnd;
    if (sections_.empty()) [[unlikely]]
      return begin_section();
    return swapped_ ? next_in(swapped_walk_, packet) : next_in(native_walk_, packet);
  }

  std::uint64_t item_offset() const noexcept override { return window_.offset() + item_; }

  std::span<const std::uint8_t> item_bytes() const noexcept override {
    if (at_section_) return window_.bytes().subspan(item_, section_bytes_);
    return swapped_ ? swapped_walk_.block() : native_walk_.block();
  }

 private:
  template <typename Order>
  ReadItem next_in(BasicPacketWalk<Order>& walk, PacketView& packet) {
    at_section_ = false;
    while (true) {
      const WalkStep step = walk.step(packet);
      item_ = base_ + walk.offset();
      if (step == WalkStep::kPacket) [[likely]] {
        ahead_.at(packet.data);
        return finish_packet(packet);
      }
      if (step == WalkStep::kEnd) {
        if (walk.end() == WalkEnd::kNewSection) return begin_section();
        if (!refill(walk)) return finish(walk.end());
        continue;
      }
      const ReadItem item = read_block(walk, packet);
      if (item != kSkip) return item;
    }
  }

  // Timestamps to nanoseconds, interfaces counted through the whole file.
  ReadItem finish_packet(PacketView& packet) noexcept {
    if (!all_nanoseconds_) {
      const TimestampScale& scale = interfaces_[first_interface_ + packet.interface_id].timestamps;
      packet.timestamp_ns = scale.to_ns(packet.timestamp_ns);
    }
    packet.interface_id += first_interface_;
    return ReadItem::kPacket;
  }

  // A block that is no Enhanced Packet Block. kSkip: nothing to report.
  template <typename Order>
  ReadItem read_block(BasicPacketWalk<Order>& walk, PacketView& packet) {
    const std::span<const std::uint8_t> block = walk.block();
    switch (walk.block_type()) {
      case pcapng::kInterfaceDescriptionBlock:
        return add_interface(walk);
      case pcapng::kInterfaceStatisticsBlock: {
        const auto parsed = parse_statistics<Order>(block, section_interfaces());
        if (!parsed) return kSkip;
        statistics_ = *parsed;
        statistics_.interface_id += first_interface_;
        return ReadItem::kStatistics;
      }
      case pcapng::kCapstanBlockHead: {
        const auto parsed = parse_block_head<Order>(block);
        if (!parsed) return kSkip;
        block_head_ = *parsed;
        return ReadItem::kBlockHead;
      }
      case pcapng::kCapstanEvent: {
        std::optional<RecordedEvent> parsed = parse_event<Order>(block, kTextLimitBytes);
        if (!parsed) return kSkip;
        event_ = std::move(*parsed);
        event_.interface_id += first_interface_;
        return ReadItem::kEvent;
      }
      case pcapng::kCapstanFileClose: {
        const auto parsed = parse_file_close<Order>(block);
        if (!parsed) return kSkip;
        file_close_ = *parsed;
        return ReadItem::kFileClose;
      }
      case pcapng::kPacketBlock: {
        const WalkEnd problem = parse_packet_block<Order>(block, section_interfaces(), packet);
        return problem == WalkEnd::kRunning ? finish_packet(packet) : finish(problem);
      }
      case pcapng::kSimplePacketBlock: {
        const WalkEnd problem = parse_simple_packet<Order>(block, section_interfaces(), packet);
        if (problem != WalkEnd::kRunning) return finish(problem);
        packet.interface_id += first_interface_;  // it has no timestamp to scale
        return ReadItem::kPacket;
      }
      default:
        // Padding is nothing of its own.
        return reports_others_ && walk.block_type() != pcapng::kCapstanPadding ? ReadItem::kOther
                                                                               : kSkip;
    }
  }

  template <typename Order>
  ReadItem add_interface(BasicPacketWalk<Order>& walk) {
    if (interfaces_.size() == kMaxInterfaces) {
      return finish(FileEnd::Kind::kDamaged, "more interfaces than any file has");
    }
    std::optional<FileInterface> interface = parse_interface<Order>(walk.block(), text_limit());
    if (!interface) return finish(WalkEnd::kBadLength);
    interface->section = static_cast<std::uint32_t>(sections_.size() - 1);
    text_bytes_ += interface->name.size() + interface->description.size() +
                   interface->filter.size() + interface->os.size();
    all_nanoseconds_ = all_nanoseconds_ && interface->timestamps.is_nanoseconds();
    link_types_.push_back(interface->link_type);
    interfaces_.push_back(std::move(*interface));
    walk.set_link_types(link_types_);
    return ReadItem::kInterface;
  }

  // The Section Header Block at item_. What was described before does not hold behind it.
  ReadItem begin_section() {
    std::span<const std::uint8_t> bytes = rest();
    std::optional<SectionHead> head;
    while (true) {
      if (bytes.size() >= kSectionHeadBytes) {
        head = parse_section_head(bytes);
        if (!head) return finish(FileEnd::Kind::kDamaged, "a section header that is none");
        if (bytes.size() >= head->total_length) break;
      }
      const bool more = window_.more(item_);
      item_ = 0;
      bytes = rest();
      if (!more) return finish(WalkEnd::kCutShort);
    }
    if (section_trailer(bytes, *head) != head->total_length) {
      return finish(WalkEnd::kTrailerMismatch);
    }
    if (head->version_major != 1) {
      return finish(FileEnd::Kind::kDamaged,
                    "a section of pcapng version " + std::to_string(head->version_major) + "." +
                        std::to_string(head->version_minor) + ", which is not supported");
    }
    return add_section(*head, bytes);
  }

  static std::uint32_t section_trailer(std::span<const std::uint8_t> bytes,
                                       const SectionHead& head) noexcept {
    const std::uint8_t* at = bytes.data() + head.total_length - pcapng::kBlockTrailerBytes;
    return head.byte_swapped ? SwappedOrder::load32(at) : NativeOrder::load32(at);
  }

  ReadItem add_section(const SectionHead& head, std::span<const std::uint8_t> bytes) {
    if (sections_.size() == kMaxSections) {
      return finish(FileEnd::Kind::kDamaged, "more sections than any file has");
    }
    FileSection section;
    section.offset = item_offset();
    section.byte_swapped = head.byte_swapped;
    section.version_major = head.version_major;
    section.version_minor = head.version_minor;
    const std::span<const std::uint8_t> block = bytes.first(head.total_length);
    if (head.byte_swapped) {
      parse_section_options<SwappedOrder>(block, text_limit(), section);
    } else {
      parse_section_options<NativeOrder>(block, text_limit(), section);
    }
    text_bytes_ += section.hardware.size() + section.os.size() + section.application.size() +
                   section.comment.size();
    sections_.push_back(std::move(section));
    first_interface_ = static_cast<std::uint32_t>(interfaces_.size());
    link_types_.clear();
    all_nanoseconds_ = true;
    swapped_ = head.byte_swapped;
    restart_walk(item_ + head.total_length);
    at_section_ = true;
    section_bytes_ = head.total_length;
    return ReadItem::kSection;
  }

  // A new walk of the present section over the bytes at hand, from `start`.
  void restart_walk(std::size_t start) noexcept {
    base_ = start;
    const std::span<const std::uint8_t> bytes = window_.bytes().subspan(start);
    if (swapped_) {
      swapped_walk_ = BasicPacketWalk<SwappedOrder>(bytes, link_types_);
    } else {
      native_walk_ = PacketWalk(bytes, link_types_);
    }
  }

  // After the walk ran out of bytes. False: it ended for another reason, or there are no more.
  template <typename Order>
  bool refill(const BasicPacketWalk<Order>& walk) {
    if (walk.end() != WalkEnd::kComplete && walk.end() != WalkEnd::kCutShort) return false;
    const bool more = window_.more(item_);
    item_ = 0;
    if (more) restart_walk(0);
    return more;
  }

  std::span<const std::uint8_t> rest() const noexcept { return window_.bytes().subspan(item_); }

  std::span<const FileInterface> section_interfaces() const noexcept {
    return std::span<const FileInterface>(interfaces_).subspan(first_interface_);
  }

  std::size_t text_limit() const noexcept {
    return text_bytes_ < kTextBudgetBytes ? kTextLimitBytes : 0;
  }

  ReadItem finish(WalkEnd why) {
    if (why == WalkEnd::kComplete || why == WalkEnd::kCutShort) {
      const std::string error = window_.error();
      if (!error.empty()) return finish(FileEnd::Kind::kFailed, error);
      if (why == WalkEnd::kComplete) return finish(FileEnd::Kind::kClean, "");
    }
    const bool cut = why == WalkEnd::kCutShort || why == WalkEnd::kZeros;
    const auto kind = cut ? FileEnd::Kind::kCutShort : FileEnd::Kind::kDamaged;
    finish(kind, walk_end_text(why));
    end_.in_zeros = why == WalkEnd::kZeros && end_.kind == kind;
    return ReadItem::kEnd;
  }

  ReadItem finish(FileEnd::Kind kind, std::string reason) {
    end_ = window_.true_end({kind, item_offset(), std::move(reason), false});
    return ReadItem::kEnd;
  }

  // Not handed out: read_block() skipped the block.
  static constexpr ReadItem kSkip = static_cast<ReadItem>(0xFF);

  ByteWindow window_;
  ReadAhead ahead_;
  PacketWalk native_walk_;
  BasicPacketWalk<SwappedOrder> swapped_walk_;
  std::size_t base_ = 0;                   // where in the window the present walk began
  std::size_t item_ = 0;                   // where in the window the present item begins
  std::vector<std::uint16_t> link_types_;  // of the present section
  std::uint32_t first_interface_ = 0;      // of the present section, in interfaces_
  std::size_t text_bytes_ = 0;
  std::size_t section_bytes_ = 0;  // of the Section Header Block, when at_section_
  bool at_section_ = false;        // the item last read is one
  bool swapped_ = false;
  bool all_nanoseconds_ = true;
};

}  // namespace

bool has_pcapng_magic(std::span<const std::uint8_t> bytes) noexcept {
  return bytes.size() >= 4 && NativeOrder::load32(bytes.data()) == pcapng::kSectionHeaderBlock;
}

std::optional<SectionHead> parse_section_head(std::span<const std::uint8_t> bytes) noexcept {
  SectionHead head;
  const std::uint32_t magic = NativeOrder::load32(bytes.data() + 8);
  if (magic == pcapng::kByteOrderMagic) {
    head = {false, NativeOrder::load16(bytes.data() + 12), NativeOrder::load16(bytes.data() + 14),
            NativeOrder::load32(bytes.data() + 4)};
  } else if (magic == __builtin_bswap32(pcapng::kByteOrderMagic)) {
    head = {true, SwappedOrder::load16(bytes.data() + 12), SwappedOrder::load16(bytes.data() + 14),
            SwappedOrder::load32(bytes.data() + 4)};
  } else {
    return std::nullopt;
  }
  if (head.total_length < kSectionHeadBytes || head.total_length > kMaxBlockBytes ||
      head.total_length % 4 != 0) {
    return std::nullopt;
  }
  return head;
}

std::unique_ptr<RecordReader> make_pcapng_reader(ByteWindow window) {
  return std::make_unique<PcapngReader>(std::move(window));
}

}  // namespace capstan
