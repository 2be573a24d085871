// Starting a thread, with an error that says which limit refused it.
#pragma once

#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace capstan {

// Throws std::system_error: which thread, the limit of this user, and what else limits it.
[[noreturn]] void throw_no_thread(const std::system_error& error, std::string_view what);

// Runs `work` in a new thread. `what` completes "start the thread that ...". Throws
// std::system_error when the kernel gives none.
template <typename Work>
std::thread start_thread(std::string_view what, Work&& work) {
  try {
    return std::thread(std::forward<Work>(work));
  } catch (const std::system_error& error) {
    throw_no_thread(error, what);
  }
}

}  // namespace capstan
