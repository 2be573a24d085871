// Domain names in the encoding of DNS messages (RFC 1035 section 4.1.4), for every protocol that
// uses it.
#pragma once

#include <optional>

#include "tools/text/printer.h"

namespace capstan::text {

// Returns the offset after the encoded name at `at`, without following pointers. Empty: the name is
// invalid or cut off.
std::optional<std::size_t> skip_dns_name(const Input& in, std::size_t at);

// Prints the name at `at`, each label followed by a dot, and returns the offset after its encoding.
// Pointers are relative to `base` and must lead backwards. Empty: the name is cut off, or invalid,
// which is then printed.
std::optional<std::size_t> put_dns_name(Printer& p, const Input& in, std::size_t at,
                                        std::size_t base = 0);

}  // namespace capstan::text
