// Checks whether a filter can be compiled in reasonable time.
//
// The time of libpcap's optimizer grows with about the fourth power of the number of terms: 200
// hosts take a second, 700 hosts minutes, and nothing can interrupt it. So a long filter is first
// compiled in a child process, whose time the kernel limits.
#pragma once

#include <string>

namespace capstan::serve {

// Names of hosts in a filter are then those of this machine's own files: a client must not make
// this process, which may ask for the names of other servers, ask for any. Every filter is tried
// first. To be called before other threads exist.
void only_names_of_this_machine() noexcept;

// Returns when the filter is short, was tried before, or was compiled by the child in time, with or
// without an error: libpcap's message is obtained when the filter is compiled in this process. Any
// thread. Throws UsageError when it takes too long, or names a host that is not known here and may
// not be asked for; std::system_error when the child cannot be started.
void try_filter(const std::string& text);

}  // namespace capstan::serve
