// Whether a filter can be compiled in reasonable time.
//
// libpcap's optimizer needs about the fourth power of the number of terms: 200 hosts a second, 700
// hosts minutes, in which nothing can stop it. So a long filter is compiled in a child process
// first, whose time the kernel limits.
#pragma once

#include <string>

namespace capstan::serve {

// Any thread. Returns when the filter is short, was tried before, or was compiled by the child in
// time, rightly or not: libpcap's own words are had when it is compiled here. Throws UsageError
// when it takes too long.
void try_filter(const std::string& text);

}  // namespace capstan::serve
