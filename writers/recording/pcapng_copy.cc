#include "writers/recording/pcapng_copy.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/core/byte_order.h"
#include "engine/format/pcapng.h"
#include "engine/reader/pcapng_blocks.h"

namespace capstan {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t kIfSpeed = 8;
constexpr std::uint16_t kIfTimeZone = 10;
constexpr std::uint16_t kIfHardware = 15;
constexpr std::uint16_t kIfTransmitSpeed = 16;
constexpr std::uint16_t kIfReceiveSpeed = 17;
constexpr std::uint16_t kEpbPacketId = 5;
constexpr std::uint16_t kCustomText = 2988;
constexpr std::uint16_t kCustomBytes = 2989;
constexpr std::uint16_t kCustomTextNoCopy = 19372;
constexpr std::uint16_t kCustomBytesNoCopy = 19373;
constexpr std::size_t kInterfaceFixedBytes = 16;
constexpr std::size_t kSectionFixedBytes = 24;
constexpr std::size_t kPacketFixedBytes = 28;

void append_raw(Bytes& out, const void* data, std::size_t size) {
  const std::size_t at = out.size();
  out.resize(at + size);
  if (size != 0) std::memcpy(out.data() + at, data, size);
}

template <typename T>
void append(Bytes& out, T value) {
  append_raw(out, &value, sizeof(value));
}

void pad(Bytes& out) { out.resize(pcapng::padded4(out.size())); }

void append_option(Bytes& out, std::uint16_t code, std::span<const std::uint8_t> value) {
  const std::size_t length = std::min<std::size_t>(value.size(), 0xFFFF);
  append(out, code);
  append(out, static_cast<std::uint16_t>(length));
  append_raw(out, value.data(), length);
  pad(out);
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void append_end_of_options(Bytes& out) { append(out, std::uint32_t{0}); }

std::size_t begin_block(Bytes& out, std::uint32_t type) {
  const std::size_t start = out.size();
  append(out, type);
  append(out, std::uint32_t{0});
  return start;
}

void end_block(Bytes& out, std::size_t start) {
  const auto length = static_cast<std::uint32_t>(out.size() - start + pcapng::kBlockTrailerBytes);
  append(out, length);
  std::memcpy(out.data() + start + 4, &length, sizeof(length));
}

// Bytes of the number that an option's value begins with; 0: the value is no number.
using NumberSize = std::size_t (*)(std::uint16_t code);

std::size_t interface_number(std::uint16_t code) {
  switch (code) {
    case kIfSpeed:
    case kIfTransmitSpeed:
    case kIfReceiveSpeed:
      return 8;
    case kIfTimeZone:
    case kCustomText:
    case kCustomBytes:
      return 4;
    default:
      return 0;
  }
}

std::size_t packet_number(std::uint16_t code) {
  switch (code) {
    case pcapng::kEpbFlags:
    case pcapng::kEpbQueue:
    case kCustomText:
    case kCustomBytes:
      return 4;
    case pcapng::kEpbDropCount:
    case kEpbPacketId:
      return 8;
    default:
      return 0;
  }
}

// An option as it stands, its number turned round when the file is of the other order.
void append_copied(Bytes& out, const BlockOption& option, bool swapped, NumberSize number_size) {
  const std::size_t at = out.size() + pcapng::kOptionHeaderBytes;
  append_option(out, option.code, option.value);
  const std::size_t number = number_size(option.code);
  if (swapped && number != 0 && option.value.size() >= number) {
    std::reverse(out.begin() + static_cast<std::ptrdiff_t>(at),
                 out.begin() + static_cast<std::ptrdiff_t>(at + number));
  }
}

bool is_private(std::uint16_t code) {
  return code == kCustomTextNoCopy || code == kCustomBytesNoCopy;
}

template <typename Visit>
void for_each_option(std::span<const std::uint8_t> block, std::size_t start, bool swapped,
                     Visit visit) {
  BlockOption option;
  const auto visit_all = [&](auto walk) {
    while (walk.next(option)) visit(option);
  };
  if (swapped) return visit_all(OptionWalk<SwappedOrder>(block, start));
  visit_all(OptionWalk<NativeOrder>(block, start));
}

}  // namespace

SectionTexts section_texts(std::span<const std::uint8_t> block, bool swapped) {
  SectionTexts texts;
  if (block.size() < kSectionFixedBytes + pcapng::kBlockTrailerBytes) return texts;
  for_each_option(block, kSectionFixedBytes, swapped, [&](const BlockOption& option) {
    if (option.code == pcapng::kOptComment) texts.comments.emplace_back(option.text());
    if (option.code == pcapng::kShbHardware) texts.hardware = option.text();
    if (option.code == pcapng::kShbOs) texts.os = option.text();
  });
  return texts;
}

Bytes copied_interface(const FileInterface& interface, std::span<const std::uint8_t> block,
                       bool swapped, const SectionTexts& section, std::string_view sensor) {
  Bytes out;
  const std::size_t start = begin_block(out, pcapng::kInterfaceDescriptionBlock);
  append(out, interface.link_type);
  append(out, std::uint16_t{0});
  append(out, interface.snaplen);
  std::string name(sensor);
  bool has_os = false;
  bool has_hardware = false;
  if (!block.empty()) {
    for_each_option(block, kInterfaceFixedBytes, swapped, [&](const BlockOption& option) {
      const bool about_time =
          option.code == pcapng::kIfTsResolution || option.code == pcapng::kIfTsOffset;
      if (about_time || is_private(option.code)) return;
      if (!sensor.empty() && option.code == pcapng::kIfName) {
        if (name.size() == sensor.size()) name.append(":").append(option.text());  // once
        return;
      }
      has_os = has_os || option.code == pcapng::kIfOs;
      has_hardware = has_hardware || option.code == kIfHardware;
      append_copied(out, option, swapped, interface_number);
    });
  }
  if (!sensor.empty()) append_option(out, pcapng::kIfName, bytes_of(name));
  constexpr std::uint8_t kNanoseconds = 9;
  append_option(out, pcapng::kIfTsResolution, {&kNanoseconds, 1});
  if (!has_os && !section.os.empty()) append_option(out, pcapng::kIfOs, bytes_of(section.os));
  if (!has_hardware && !section.hardware.empty()) {
    append_option(out, kIfHardware, bytes_of(section.hardware));
  }
  for (const std::string& comment : section.comments) append_comment(out, comment);
  append_end_of_options(out);
  end_block(out, start);
  return out;
}

void append_comment(Bytes& out, std::string_view text) {
  append_option(out, pcapng::kOptComment, bytes_of(text));
}

void append_packet_options(Bytes& out, std::span<const std::uint8_t> block, bool swapped,
                           std::uint32_t caplen) {
  if (block.size() < kPacketFixedBytes + pcapng::kBlockTrailerBytes) return;
  const std::uint32_t type =
      swapped ? SwappedOrder::load32(block.data()) : NativeOrder::load32(block.data());
  if (type != pcapng::kEnhancedPacketBlock && type != pcapng::kPacketBlock) return;
  bool filler = false;
  for_each_option(block, kPacketFixedBytes + pcapng::padded4(caplen), swapped,
                  [&](const BlockOption& option) {
                    filler = filler || option.code == pcapng::kOptCapstanFiller;
                    if (filler || is_private(option.code)) return;
                    append_copied(out, option, swapped, packet_number);
                  });
}

void append_statistics_block(Bytes& out, const InterfaceStatistics& statistics, std::uint32_t to,
                             std::string_view text) {
  const std::size_t start = begin_block(out, pcapng::kInterfaceStatisticsBlock);
  const auto put_time = [&](std::uint64_t ns) {
    append(out, static_cast<std::uint32_t>(ns >> 32));
    append(out, static_cast<std::uint32_t>(ns));
  };
  const auto put_count = [&](std::uint16_t code, const std::optional<std::uint64_t>& value) {
    if (!value) return;
    append(out, code);
    append(out, std::uint16_t{8});
    append(out, *value);
  };
  const auto put_moment = [&](std::uint16_t code, const std::optional<std::uint64_t>& value) {
    if (!value) return;
    append(out, code);
    append(out, std::uint16_t{8});
    put_time(*value);
  };
  append(out, to);
  put_time(statistics.timestamp_ns);
  put_moment(pcapng::kIsbStartTime, statistics.start_ns);
  put_moment(pcapng::kIsbEndTime, statistics.end_ns);
  put_count(pcapng::kIsbInterfaceReceived, statistics.interface_received);
  put_count(pcapng::kIsbInterfaceDropped, statistics.interface_dropped);
  put_count(pcapng::kIsbFilterAccepted, statistics.filter_accepted);
  put_count(pcapng::kIsbOsDropped, statistics.os_dropped);
  put_count(pcapng::kIsbUserDelivered, statistics.user_delivered);
  if (!text.empty()) append_comment(out, text);
  append_end_of_options(out);
  end_block(out, start);
}

namespace {

void put16(Bytes& out, std::size_t at, std::uint16_t value) {
  std::memcpy(out.data() + at, &value, sizeof(value));
}
void put32(Bytes& out, std::size_t at, std::uint32_t value) {
  std::memcpy(out.data() + at, &value, sizeof(value));
}

// A list of codes, lengths and values from `at` of a block that was copied whole, up to a code of 0
// or its end, turned into the machine's order in place: options, or names. Returns where it ends.
std::size_t turn_list(Bytes& out, std::size_t at) {
  const std::size_t end = out.size() - pcapng::kBlockTrailerBytes;
  while (at + pcapng::kOptionHeaderBytes <= end) {
    const std::uint16_t code = SwappedOrder::load16(out.data() + at);
    const std::uint16_t length = SwappedOrder::load16(out.data() + at + 2);
    put16(out, at, code);
    put16(out, at + 2, length);
    at += pcapng::kOptionHeaderBytes + pcapng::padded4(length);
    if (code == pcapng::kOptEndOfOptions) break;
  }
  return std::min(at, end);
}

// Section 4.7: type, length, the secrets, options.
bool turn_secrets(Bytes& out, std::size_t start) {
  const std::size_t at = start + pcapng::kBlockHeaderBytes;
  const std::size_t end = out.size() - pcapng::kBlockTrailerBytes;
  if (at + 8 > end) return false;
  const std::uint32_t length = SwappedOrder::load32(out.data() + at + 4);
  if (length > end - at - 8) return false;
  put32(out, at, SwappedOrder::load32(out.data() + at));
  put32(out, at + 4, length);
  turn_list(out, at + 8 + pcapng::padded4(length));
  return true;
}

}  // namespace

BlockCopy append_other_block(Bytes& out, std::span<const std::uint8_t> block, bool swapped) {
  if (block.size() < pcapng::kMinBlockBytes) return BlockCopy::kNotConvertible;
  const std::uint32_t type =
      swapped ? SwappedOrder::load32(block.data()) : NativeOrder::load32(block.data());
  if (type == pcapng::kCustomBlockNoCopy) return BlockCopy::kNotToBeCopied;
  const std::size_t start = out.size();
  append_raw(out, block.data(), block.size());
  if (!swapped) return BlockCopy::kCopied;
  put32(out, start, type);
  put32(out, start + 4, static_cast<std::uint32_t>(block.size()));
  put32(out, out.size() - pcapng::kBlockTrailerBytes, static_cast<std::uint32_t>(block.size()));
  bool turned = false;
  if (type == pcapng::kNameResolutionBlock) {
    // Section 4.5: records of type and length, ended by one of both 0, then options.
    turn_list(out, turn_list(out, start + pcapng::kBlockHeaderBytes));
    turned = true;
  } else if (type == pcapng::kDecryptionSecretsBlock) {
    turned = turn_secrets(out, start);
  } else if (type == pcapng::kCustomBlock && block.size() >= 16) {
    // The number of the maker is ours to turn, what follows is his.
    put32(out, start + 8, SwappedOrder::load32(block.data() + 8));
    turned = true;
  }
  if (turned) return BlockCopy::kCopied;
  out.resize(start);
  return BlockCopy::kNotConvertible;
}

}  // namespace capstan
