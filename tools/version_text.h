// What this program is: its version, the libraries it runs with and the kernel features it is
// compiled for, as tcpdump and dumpcap say it.
#pragma once

#include <string>

namespace capstan::tools {

// Lines, the first of which is "capstan VERSION". Versions of libraries are those that were loaded,
// not those it was compiled with; only liburing, of which the functions used are compiled in, is
// the latter. Reads no file and asks nobody.
std::string version_text();

}  // namespace capstan::tools
