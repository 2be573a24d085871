// ATA over Ethernet (the AoE specification, revision 11).
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kCommonBytes = 10;
constexpr std::size_t kAtaBytes = 12;
constexpr std::uint8_t kError = 0x4;

constexpr Token kFlags[] = {{0x8, "Response"}, {kError, "Error"}};
constexpr Token kErrors[] = {{1, "Unrecognized command code"}, {2, "Bad argument parameter"},
                             {3, "Device unavailable"},        {4, "Config string present"},
                             {5, "Unsupported version"},       {6, "Target is reserved"}};
constexpr Token kCommands[] = {{0, "Issue ATA Command"},
                               {1, "Query Config Information"},
                               {2, "MAC Mask List"},
                               {3, "Reserve/Release"}};
constexpr Token kAtaFlags[] = {
    {0x40, "Ext48"}, {0x10, "Device/Head"}, {0x02, "Async"}, {0x01, "Write"}};
constexpr Token kConfigCommands[] = {{0, "read config string"},
                                     {1, "test config string"},
                                     {2, "test config string prefix"},
                                     {3, "set config string"},
                                     {4, "force set config string"}};

void put_ata(Printer& p, const Input& in) {
  if (in.length() < kAtaBytes) return void(p.put_invalid());
  p.out.put("\n\tAFlags: [");
  p.bits(kAtaFlags, in.u8(0)).put("], Err/Feature: ").dec(in.u8(1));
  p.out.put(", Sector Count: ").dec(in.u8(2)).put(", Cmd/Status: ").dec(in.u8(3));
  p.out.put("\n\t");
  for (std::size_t i = 0; i < 6; ++i) {
    p.out.put(i > 0 ? ", lba" : "lba").dec(i).put(": ").dec(in.u8(4 + i));
  }
  if (in.length() > kAtaBytes) {
    p.out.put("\n\tData: ").dec(in.length() - kAtaBytes).put(" bytes");
  }
}

void put_config(Printer& p, const Input& in) {
  constexpr std::size_t kHeadBytes = 8;
  constexpr std::size_t kMaxTextBytes = 1024;
  if (in.length() < kHeadBytes) return void(p.put_invalid());
  p.out.put("\n\tBuffer Count: ").dec(in.be16(0)).put(", Firmware Version: ").dec(in.be16(2));
  p.out.put(", Sector Count: ").dec(in.u8(4)).put(", AoE: ").dec(in.u8(5) >> 4);
  p.out.put(", CCmd: ");
  p.token(kConfigCommands, in.u8(5) & 15U, "Unknown (0x0", ")");
  const std::size_t size = in.be16(6);
  if (size > kMaxTextBytes || size > in.length() - kHeadBytes) return void(p.put_invalid());
  if (size == 0) return;
  p.out.put("\n\tConfig String Length: ").dec(size).put("\n\tConfig String: ");
  p.safe_text(in.from(kHeadBytes), size);
}

}  // namespace

void print_aoe(Printer& p, Input in) {
  p.set_protocol("aoe");
  p.out.put("AoE length ").dec(in.length());
  if (in.length() < kCommonBytes) return void(p.put_invalid());
  const std::uint8_t version = in.u8(0) >> 4;
  const std::uint8_t flags = in.u8(0) & 15U;
  if (p.truncated()) return;
  p.out.put(", Ver ").dec(version);
  // Only version 1 is defined (section 2.2).
  if (version != 1) return;
  p.out.put(", Flags: [");
  p.bits(kFlags, flags).put(']');
  if (!p.verbose()) return;
  if ((flags & kError) != 0) {
    p.out.put("\n\tError: ");
    p.token(kErrors, in.u8(1), "unknown (", ")");
  }
  p.out.put("\n\tMajor: 0x").hex(in.be16(2), 4).put(", Minor: 0x").hex(in.u8(4), 2);
  p.out.put(", Command: ");
  const std::uint8_t command = in.u8(5);
  if (const char* name = find_token(kCommands, command)) {
    p.out.put(name);
  } else {
    p.out.put("Unknown (0x").hex(command, 2).put(')');
  }
  p.out.put(", Tag: 0x").hex(in.be32(6), 8);
  const Input rest = in.from(kCommonBytes);
  if (command == 0) put_ata(p, rest);
  if (command == 1) put_config(p, rest);
}

}  // namespace capstan::text
