// How set-up failures are reported: a std::system_error whose text names the operation, the object,
// the numbers involved and what the user can do about it.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace capstan {

// A request that can never succeed as it was made: an unknown interface, a filter that does not
// compile, an input file that is not a capture file. The commands then exit with status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws std::system_error for `error_number` (an errno value) with the text "<operation and
// object>: <strerror>. <mend>". `mend` tells the user how to fix the problem; leave it empty when
// there is nothing to suggest. A limit that was met (EMFILE, ENFILE, EFBIG) is named instead.
[[noreturn]] void throw_system_error(int error_number, std::string_view operation,
                                     std::string_view mend = {});

// The same for the errno of the call that has just failed.
[[noreturn]] void throw_errno(std::string_view operation, std::string_view mend = {});

// The system's text for an errno value, such as "No such device". Thread-safe.
std::string errno_text(int error_number);

// What to do about EPERM when a packet socket is opened. The text names this program's file.
std::string permission_mend();

}  // namespace capstan
