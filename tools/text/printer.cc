#include "tools/text/printer.h"

#include "tools/text/hex_dump.h"

namespace capstan::text {

void Input::ran_out() const { printer_->truncate(); }

const std::uint8_t* Input::zeros() noexcept {
  static constexpr std::uint8_t kZeros[64] = {};
  return kZeros;
}

const char* find_token(std::span<const Token> table, std::uint32_t value) noexcept {
  for (const Token& entry : table) {
    if (entry.value == value) return entry.text;
  }
  return nullptr;
}

Printer::Printer(const PrintOptions& print_options, const Names& names, TcpSequences& tcp_sequences)
    : options(print_options), sequences(tcp_sequences), names_(names) {}

void Printer::truncate() {
  if (truncated_) return;
  put_truncated();
  truncated_ = true;
  kept_size_ = out.size();
}

void Printer::restart(std::size_t size) {
  out.rewind(size);
  put_truncated();
  kept_size_ = out.size();
}

void Printer::resume() noexcept {
  if (truncated_) out.rewind(kept_size_);
  truncated_ = false;
}

void Printer::begin_packet() noexcept {
  truncated_ = false;
  depth_ = 0;
  around = {};
  protocol_ = "";
}

void Printer::end_packet() noexcept {
  if (truncated_) out.rewind(kept_size_);
  truncated_ = false;
}

TextSink& Printer::host4(const std::uint8_t* address) {
  if (names_.hosts != nullptr && names_.hosts->find(address, 4, name_)) return out.put(name_);
  return out.ipv4(address);
}

TextSink& Printer::host6(const std::uint8_t* address) {
  if (names_.hosts != nullptr && names_.hosts->find(address, 16, name_)) return out.put(name_);
  return out.ipv6(address);
}

TextSink& Printer::host(const std::uint8_t* address) {
  return around.ip_version == 6 ? host6(address) : host4(address);
}

TextSink& Printer::tcp_port(std::uint16_t port) {
  if (options.numeric == 0) {
    const std::string_view name = names_.services.tcp(port);
    if (!name.empty()) return out.put(name);
  }
  return out.dec(port);
}

TextSink& Printer::udp_port(std::uint16_t port) {
  if (options.numeric == 0) {
    const std::string_view name = names_.services.udp(port);
    if (!name.empty()) return out.put(name);
  }
  return out.dec(port);
}

TextSink& Printer::token(std::span<const Token> table, std::uint32_t value, std::string_view before,
                         std::string_view after) {
  if (const char* text = find_token(table, value)) return out.put(text);
  return out.put(before).dec(value).put(after);
}

TextSink& Printer::bits(std::span<const Token> table, std::uint32_t value,
                        std::string_view separator, std::string_view none) {
  bool any = false;
  for (const Token& entry : table) {
    if ((value & entry.value) == 0) continue;
    if (any) out.put(separator);
    out.put(entry.text);
    any = true;
  }
  return any ? out : out.put(none);
}

TextSink& Printer::duration(std::uint64_t seconds) {
  struct Unit {
    std::uint64_t seconds;
    char letter;
  };
  static constexpr Unit kUnits[] = {{31'536'000, 'y'}, {604'800, 'w'}, {86'400, 'd'},
                                    {3'600, 'h'},      {60, 'm'},      {1, 's'}};
  if (seconds == 0) return out.put("0s");
  for (const Unit& unit : kUnits) {
    if (seconds < unit.seconds) continue;
    out.dec(seconds / unit.seconds).put(unit.letter);
    seconds %= unit.seconds;
  }
  return out;
}

TextSink& Printer::safe_char(std::uint8_t byte) {
  if (byte >= 0x80) {
    out.put("M-");
    byte &= 0x7f;
  }
  if (byte < 0x20 || byte == 0x7f) {
    out.put('^');
    byte ^= 0x40;
  }
  return out.put(static_cast<char>(byte));
}

TextSink& Printer::safe_text(const Input& in, std::size_t count, bool to_nul) {
  for (std::size_t i = 0; i < count && !truncated_; ++i) {
    const std::uint8_t byte = in.u8(i);
    if (truncated_ || (to_nul && byte == 0)) break;
    safe_char(byte);
  }
  return out;
}

void Printer::hex_data(const Input& in, std::string_view indent, std::size_t count) {
  put_hex(out, in.bytes().first(count), indent, false);
}

void Printer::unknown_data(const Input& in, std::string_view indent) {
  if (options.dumps_packets()) return;
  put_hex(out, in.bytes().first(in.available()), indent, true);
}

}  // namespace capstan::text
