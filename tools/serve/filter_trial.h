// Checks whether a filter can be compiled in reasonable time.
//
// The time of libpcap's optimizer grows with about the fourth power of the number of terms: 200
// hosts take a second, 700 hosts minutes, and nothing can interrupt it. So a long filter is first
// compiled in a child process, whose time the kernel limits.
#pragma once

#include <string>

namespace capstan::serve {

// Returns when the filter is short, was tried before, or was compiled by the child in time, with or
// without an error: libpcap's message is obtained when the filter is compiled in this process. Any
// thread. Throws UsageError when it takes too long, std::system_error when the child cannot be
// started.
void try_filter(const std::string& text);

}  // namespace capstan::serve
