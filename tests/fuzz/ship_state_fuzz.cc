// The state of `capstan ship`: a line of JSON whose checksum is put right here. Refused with words,
// or read, and then written as it was read.
#include <fmt/format.h>
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/core/errors.h"
#include "tools/ship/ship_state.h"

using namespace capstan::fleet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  text += fmt::format("\ncrc32 {:08x}\n", ::crc32_z(0, data, size));
  const StateIdentity identity{"/d", 1, 2, "sink", "sensor"};
  try {
    const std::string once = ShipState::from_text(text, identity).text();
    if (ShipState::from_text(once, identity).text() != once) std::abort();
  } catch (const capstan::UsageError&) {
  }
  return 0;
}
