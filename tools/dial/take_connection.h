// Asks the central host's DialDesk for a connection that a sensor has dialled.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/core/unique_fd.h"

namespace capstan::dial {

// Returns a TCP connection to the sensor `name`, on which nothing was said yet, from the desk at
// `path`. None: `why` is a sentence. Waits up to `wait_ms` for a sensor that was there a moment
// ago; ends early when `stopped` returns true, which it is asked ten times a second.
UniqueFd take_connection(const std::string& path, const std::string& name, std::uint64_t wait_ms,
                         const std::function<bool()>& stopped, std::string& why);

}  // namespace capstan::dial
