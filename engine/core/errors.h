// How set-up failures are reported: std::system_error whose text names operation, object, numbers
// and the mend.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace capstan {

// A request that can never succeed as put: an unknown interface, a filter that does not compile, an
// input file that is none. The command line ends with status 2 on it.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws std::system_error for `error_number` (an errno value) with
// "<operation and object>: <strerror>. <mend>". Leave `mend` empty when there is none.
[[noreturn]] void throw_system_error(int error_number, std::string_view operation,
                                     std::string_view mend = {});

// The same, for the errno of the call that has just failed.
[[noreturn]] void throw_errno(std::string_view operation, std::string_view mend = {});

// "No such device" and so on, thread-safe.
std::string errno_text(int error_number);

// What to do about EPERM when a packet socket is opened, naming this program's file.
std::string permission_mend();

}  // namespace capstan
