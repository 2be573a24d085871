// Domain names as DNS messages carry them (RFC 1035 section 4.1.4), for every protocol that has
// some.
#pragma once

#include <optional>

#include "tools/text/printer.h"

namespace capstan::text {

// Where the name at `at` ends in place. None: it is broken or broke off.
std::optional<std::size_t> skip_dns_name(const Input& in, std::size_t at);

// Puts the name at `at`, each label with its dot, and gives where it ends in place. Pointers count
// from `base` and only lead backwards. None: it is broken or broke off; said where it is broken.
std::optional<std::size_t> put_dns_name(Printer& p, const Input& in, std::size_t at,
                                        std::size_t base = 0);

}  // namespace capstan::text
