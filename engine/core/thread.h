// Starting a thread, with an error text that says which limit prevented it.
#pragma once

#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace capstan {

// Throws std::system_error. The text names the thread, this user's limit, and what else limits it.
[[noreturn]] void throw_no_thread(const std::system_error& error, std::string_view what);

// Runs `work` in a new thread. `what` completes the phrase "start the thread that ...". Throws
// std::system_error when the kernel refuses a new thread.
template <typename Work>
std::thread start_thread(std::string_view what, Work&& work) {
  try {
    return std::thread(std::forward<Work>(work));
  } catch (const std::system_error& error) {
    throw_no_thread(error, what);
  }
}

}  // namespace capstan
