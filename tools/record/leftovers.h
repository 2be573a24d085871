// Leftovers: what a recorder that was killed, or lost its power, left of its files. The next one of
// the same name finishes them before it begins.
#pragma once

#include <string>

namespace capstan::tools {

// What an earlier run left of the recording `path` becomes a finished file, and that is said. It
// gets another name ("x.recovered-1.pcapng"): this one is wanted for what is recorded now. One that
// nothing can be made of is put aside ("x.unreadable-1.pcapng"): it must not keep a recorder from
// starting. Throws std::system_error when the disk refuses.
void finish_leftover(const std::string& path);

// The same for every file that rotation names after `pattern`. They get their own names, and
// retention counts them.
void finish_leftovers(const std::string& pattern);

}  // namespace capstan::tools
