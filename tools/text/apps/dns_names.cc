#include "tools/text/apps/dns_names.h"

namespace capstan::text {

namespace {

constexpr std::size_t kMaxNameChars = 255;  // RFC 1035 section 3.1

using Next = std::optional<std::size_t>;

// The two top bits of a label's first byte.
enum LabelKind : unsigned { kPlain = 0x00, kExtended = 0x40, kReserved = 0x80, kPointer = 0xc0 };
constexpr unsigned kKindBits = 0xc0;
constexpr unsigned kBitLabel = 1;  // RFC 2673

// The bytes of the label behind its first one.
Next label_size(Printer& p, const Input& in, std::size_t at) {
  if (!in.has(at, 1)) return {};
  const unsigned first = in.u8(at);
  switch (first & kKindBits) {
    case kExtended: {
      if ((first & ~kKindBits) != kBitLabel) {
        p.out.put("<ELT ").dec(first & ~kKindBits).put('>');
        return {};
      }
      if (!in.has(at + 1, 1)) return {};
      const unsigned bits = in.u8(at + 1) == 0 ? 256 : in.u8(at + 1);
      return (bits + 7) / 8 + 1;
    }
    case kReserved:
      p.out.put("<BAD LABEL TYPE>");
      return {};
    default:
      return first;
  }
}

void bit_label(Printer& p, const Input& in, std::size_t at) {
  const unsigned bits = in.u8(at) == 0 ? 256 : in.u8(at);
  const std::size_t limit = at + 1 + (bits + 3) / 4;
  unsigned left = bits;
  ++at;
  p.out.put("\\[x");
  for (; at < limit && left > 7 && !p.truncated(); left -= 8) p.out.hex(in.u8(at++), 2);
  if (p.truncated()) return;  // with more than a byte left
  if (left > 4) {
    p.out.hex(in.u8(at) & (0xffu << (8 - left)), 2);
  } else if (left > 0) {
    p.out.hex(in.u8(at) >> 4 & 0x0fu & (0x0fu << (4 - left)));
  }
  p.out.put('/').dec(bits).put(']');
}

void plain_label(Printer& p, const Input& in, std::size_t at, std::size_t size,
                 std::size_t chars_before) {
  if (chars_before + size <= kMaxNameChars) {
    p.safe_text(in.from(at), size);
  } else if (chars_before < kMaxNameChars) {
    p.safe_text(in.from(at), kMaxNameChars - chars_before);
  }
}

}  // namespace

Next skip_dns_name(const Input& in, std::size_t at) {
  while (in.has(at, 1)) {
    const unsigned first = in.u8(at++);
    if (first == 0) return at;
    switch (first & kKindBits) {
      case kPointer:
        return at + 1;
      case kReserved:
        return {};
      case kExtended: {
        if ((first & ~kKindBits) != kBitLabel || !in.has(at, 1)) return {};
        const unsigned bits = in.u8(at) == 0 ? 256 : in.u8(at);
        at += 1 + (bits + 7) / 8;
        break;
      }
      default:
        at += first;
    }
  }
  return {};
}

Next put_dns_name(Printer& p, const Input& in, std::size_t at, std::size_t base) {
  Next size = label_size(p, in, at);
  if (!size) return {};
  // A name in front of the base has nothing behind it to be kept to.
  std::size_t lowest_pointer = at >= base ? at - base : SIZE_MAX;
  unsigned first = in.u8(at++);
  if (first == 0) {
    p.out.put('.');
    return at;
  }
  Next after_pointer;
  std::size_t chars = 0;
  if (at >= in.captured() && (first & kKindBits) == kPointer) return {};
  while (first != 0 && at < in.captured() && !p.truncated()) {
    if ((first & kKindBits) == kPointer) {
      if (!after_pointer) after_pointer = at + 1;
      const std::size_t target = (first << 8 | in.u8(at)) & 0x3fff;
      if (target >= lowest_pointer) {
        p.out.put("<BAD PTR>");
        return {};
      }
      lowest_pointer = target;
      at = base + target;
    } else {
      if ((first & kKindBits) == kExtended) {
        bit_label(p, in, at);
      } else {
        plain_label(p, in, at, *size, chars);
        chars += *size;
      }
      at += *size;
      if (chars <= kMaxNameChars) p.out.put('.');
      ++chars;
    }
    if (!in.has(at, 1)) return {};
    size = label_size(p, in, at);
    if (!size) return {};
    first = in.u8(at++);
  }
  if (chars > kMaxNameChars) p.out.put("<DOMAIN NAME TOO LONG>");
  return after_pointer ? after_pointer : at + *size;
}

}  // namespace capstan::text
