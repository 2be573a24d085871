// CAPSTAN_CHECK: a broken invariant ends the process at once and prints the expression, the file
// and the line.
//
// Use it only for conditions that nothing but a bug in Capstan can cause. What the kernel, the
// network, a file or a user can cause is reported as an error value or a counter, never by a check.
#pragma once

#include <cstdio>
#include <cstdlib>

#define CAPSTAN_CHECK(expression, ...)                                                     \
  do {                                                                                     \
    if (!(expression)) [[unlikely]] {                                                      \
      ::capstan::check_failed(#expression, __FILE__, __LINE__ __VA_OPT__(, ) __VA_ARGS__); \
    }                                                                                      \
  } while (false)

namespace capstan {

// Prints to stderr and aborts. `values` are integers that help to explain the failure.
template <typename... Values>
[[noreturn]] void check_failed(const char* expression, const char* file, int line,
                               Values... values) noexcept {
  std::fprintf(stderr, "capstan: broken invariant: %s (%s:%d)", expression, file, line);
  (std::fprintf(stderr, " %lld", static_cast<long long>(values)), ...);
  std::fputc('\n', stderr);
  std::abort();
}

}  // namespace capstan
