// Any dialogue of two sides, in any cutting, over TCP or UDP, on any port: the session ends, gives
// all its memory back and marks as secret only bytes it was shown.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "engine/audit/session.h"
#include "engine/audit/verdict.h"
#include "engine/core/check.h"

// Head: flags, client port (2), server port (2). Then pieces: side and kind, length, bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace capstan;
  using namespace capstan::audit;
  if (size < 5) return 0;
  const std::uint8_t flags = data[0];
  // Of the messages that are no TCP: which, in the upper bits.
  constexpr std::array kMessages = {Transport::kUdp,  Transport::kSctp, Transport::kOspf,
                                    Transport::kVrrp, Transport::kPpp,  Transport::kEapol,
                                    Transport::kUdp,  Transport::kUdp};
  const Transport transport = (flags & 1) != 0 ? kMessages[flags >> 5] : Transport::kTcp;
  const auto port = [data](std::size_t at) {
    return static_cast<std::uint16_t>(data[at] << 8 | data[at + 1]);
  };
  // A small pool in one case of four, so that refusals are met too.
  BufferPool pool((flags & 6) == 6 ? 1U : 256U << 10);
  SessionEnvironment environment{pool};
  if ((flags & 8) != 0) environment.bytes_per_direction = 64;
  Session session(transport, {port(1), port(3)}, (flags & 16) != 0);
  std::array<std::uint64_t, 2> offset{};
  data += 5;
  size -= 5;
  while (size >= 2) {
    const Side side = (data[0] & 1) != 0 ? Side::kServer : Side::kClient;
    const bool gap = (data[0] & 0x1e) == 0x1e;
    const std::size_t length = std::min<std::size_t>(data[1], size - 2);
    // Of exactly this size, so that a read past the end is seen.
    const auto exact = std::make_unique<std::uint8_t[]>(length);
    std::copy_n(data + 2, length, exact.get());
    const Bytes bytes(exact.get(), length);
    if (gap) {
      session.on_gap(side, 1, environment);
      offset[index_of(side)] += length;
    } else if (transport == Transport::kTcp) {
      session.on_bytes(side, bytes, offset[index_of(side)], 1, environment);
      offset[index_of(side)] += length;
    } else {
      session.on_datagram(side, bytes, offset[index_of(side)], 1, environment);
      offset[index_of(side)] += length;
    }
    data += 2 + length;
    size -= 2 + length;
  }
  session.on_end(1, environment);
  add_final_reasons(session.facts());
  CAPSTAN_CHECK(decide(session.facts()) <= Verdict::kRefusedOrStripped);
  const bool swapped = session.swapped();
  for (const SecretSpan& span : session.facts().secrets) {
    const Side flow_side = swapped ? other(span.side) : span.side;
    CAPSTAN_CHECK(span.offset + span.length <= offset[index_of(flow_side)], span.offset,
                  span.length, offset[index_of(flow_side)]);
  }
  session.release(environment);
  CAPSTAN_CHECK(pool.used_bytes() == 0, pool.used_bytes());
  return 0;
}
