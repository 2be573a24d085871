// Leftovers: files that a recorder left unfinished because it was killed or lost power. The next
// recorder with the same file name finishes them before it begins.
#pragma once

#include <string>

namespace capstan::tools {

// Makes a finished file of what an earlier run left of the recording `path`, and logs this. The
// result gets another name ("x.recovered-1.pcapng"), because the new recording needs `path`. A file
// that cannot be read is renamed ("x.unreadable-1.pcapng"), so that it does not keep the recorder
// from starting. Throws std::system_error when the disk refuses.
void finish_leftover(const std::string& path);

// The same for every file that rotation names after `pattern`. These files get their own names, and
// retention counts them.
void finish_leftovers(const std::string& pattern);

}  // namespace capstan::tools
