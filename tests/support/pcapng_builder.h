// PcapngBuilder: writes pcapng blocks into memory for tests, in either byte order, independently of
// the code under test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::test {

struct Option {
  std::uint16_t code = 0;
  std::vector<std::uint8_t> value;
};

class PcapngBuilder {
 public:
  explicit PcapngBuilder(bool swapped = false) : swapped_(swapped) {}

  std::vector<std::uint8_t> bytes;

  std::vector<std::uint8_t> field16(std::uint16_t value) const { return field(value, 2); }
  std::vector<std::uint8_t> field32(std::uint32_t value) const { return field(value, 4); }
  std::vector<std::uint8_t> field64(std::uint64_t value) const { return field(value, 8); }

  static Option text(std::uint16_t code, std::string_view value) {
    return {code, std::vector<std::uint8_t>(value.begin(), value.end())};
  }

  // Any block: head, body padded to 4, trailing length. Returns the offset at which it starts.
  std::size_t block(std::uint32_t type, std::vector<std::uint8_t> body) {
    const std::size_t start = bytes.size();
    body.resize((body.size() + 3) / 4 * 4);
    const auto length = static_cast<std::uint32_t>(12 + body.size());
    append(bytes, field32(type));
    append(bytes, field32(length));
    append(bytes, body);
    append(bytes, field32(length));
    return start;
  }

  std::size_t section(const std::vector<Option>& options = {}) {
    std::vector<std::uint8_t> body = field32(0x1A2B3C4D);
    append(body, field16(1));
    append(body, field16(0));
    append(body, field64(~std::uint64_t{0}));
    add_options(body, options);
    return block(0x0A0D0D0A, body);
  }

  std::size_t interface(std::uint16_t link_type, std::uint32_t snaplen,
                        const std::vector<Option>& options = {}) {
    std::vector<std::uint8_t> body = field16(link_type);
    append(body, field16(0));
    append(body, field32(snaplen));
    add_options(body, options);
    return block(1, body);
  }

  // An interface whose timestamps are nanoseconds.
  std::size_t nanosecond_interface(std::uint16_t link_type = 1) {
    return interface(link_type, 0, {{9, {9}}});
  }

  std::size_t packet(std::uint32_t interface_id, std::uint64_t timestamp,
                     const std::vector<std::uint8_t>& data, std::uint32_t wirelen,
                     const std::vector<Option>& options = {}) {
    std::vector<std::uint8_t> body = field32(interface_id);
    append(body, field32(static_cast<std::uint32_t>(timestamp >> 32)));
    append(body, field32(static_cast<std::uint32_t>(timestamp)));
    append(body, field32(static_cast<std::uint32_t>(data.size())));
    append(body, field32(wirelen));
    append(body, data);
    body.resize((body.size() + 3) / 4 * 4);
    add_options(body, options);
    return block(6, body);
  }

  std::size_t statistics(std::uint32_t interface_id, std::uint64_t timestamp,
                         const std::vector<Option>& options) {
    std::vector<std::uint8_t> body = field32(interface_id);
    append(body, field32(static_cast<std::uint32_t>(timestamp >> 32)));
    append(body, field32(static_cast<std::uint32_t>(timestamp)));
    add_options(body, options);
    return block(5, body);
  }

  void add_options(std::vector<std::uint8_t>& body, const std::vector<Option>& options) const {
    if (options.empty()) return;
    for (const Option& option : options) {
      append(body, field16(option.code));
      append(body, field16(static_cast<std::uint16_t>(option.value.size())));
      append(body, option.value);
      body.resize((body.size() + 3) / 4 * 4);
    }
    append(body, field32(0));
  }

  void patch32(std::size_t at, std::uint32_t value) {
    const std::vector<std::uint8_t> raw = field32(value);
    for (std::size_t i = 0; i < raw.size(); ++i) bytes[at + i] = raw[i];
  }

  static void append(std::vector<std::uint8_t>& to, std::span<const std::uint8_t> from) {
    to.insert(to.end(), from.begin(), from.end());
  }

 private:
  std::vector<std::uint8_t> field(std::uint64_t value, std::size_t count) const {
    std::vector<std::uint8_t> raw(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = swapped_ ? count - 1 - i : i;
      raw[place] = static_cast<std::uint8_t>(value >> (8 * i));
    }
    return raw;
  }

  bool swapped_;
};

// `size` bytes that differ from packet to packet.
inline std::vector<std::uint8_t> pattern_bytes(std::size_t size, std::uint8_t seed) {
  std::vector<std::uint8_t> data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(seed + i * 7);
  return data;
}

// A sound file of three packets of 60 bytes, a second apart.
inline std::vector<std::uint8_t> three_packets() {
  PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    file.packet(0, i * 1'000'000'000, pattern_bytes(60, 1), 60);
  }
  return file.bytes;
}

}  // namespace capstan::test
