// Keyed digests of secrets, to detect that the same password is used twice without storing it.
#pragma once

#include <memory>

#include "engine/audit/recogniser.h"

namespace capstan::audit {

// HMAC-SHA-256 with a random key of this process, cut to 64 bits. The key is never written
// anywhere, so a digest means nothing outside one run. Throws std::system_error when no random
// bytes can be obtained.
std::unique_ptr<SecretDigest> make_secret_digest();

// A random number for keyed hashes.
std::uint64_t random_key();

}  // namespace capstan::audit
