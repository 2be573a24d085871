#include "writers/recording/interface_name.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "engine/core/byte_order.h"
#include "engine/format/pcapng.h"
#include "engine/reader/pcapng_blocks.h"

namespace capstan {

namespace {

constexpr std::size_t kFixedBytes = 16;  // up to the options

void append_option(std::vector<std::uint8_t>& out, std::uint16_t code, std::string_view value) {
  const auto length = static_cast<std::uint16_t>(std::min<std::size_t>(value.size(), 0xffff));
  const std::size_t at = out.size();
  out.resize(at + pcapng::kOptionHeaderBytes + pcapng::padded4(length));
  std::memcpy(out.data() + at, &code, sizeof(code));
  std::memcpy(out.data() + at + 2, &length, sizeof(length));
  if (length != 0) std::memcpy(out.data() + at + pcapng::kOptionHeaderBytes, value.data(), length);
}

}  // namespace

std::vector<std::uint8_t> named_interface(std::span<const std::uint8_t> block,
                                          std::string_view sensor) {
  std::vector<std::uint8_t> out(block.begin(),
                                block.begin() + static_cast<std::ptrdiff_t>(kFixedBytes));
  std::string name(sensor);
  OptionWalk<NativeOrder> names(block, kFixedBytes);
  BlockOption option;
  while (names.next(option)) {
    if (option.code != pcapng::kIfName) continue;
    name += ':';
    name += option.text();
    break;
  }
  append_option(out, pcapng::kIfName, name);
  OptionWalk<NativeOrder> others(block, kFixedBytes);
  while (others.next(option)) {
    if (option.code != pcapng::kIfName) append_option(out, option.code, option.text());
  }
  out.resize(out.size() + pcapng::kOptionHeaderBytes);  // the end of options
  const auto length = static_cast<std::uint32_t>(out.size() + pcapng::kBlockTrailerBytes);
  out.resize(length);
  std::memcpy(out.data() + 4, &length, sizeof(length));
  std::memcpy(out.data() + length - pcapng::kBlockTrailerBytes, &length, sizeof(length));
  return out;
}

}  // namespace capstan
