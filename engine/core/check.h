// CAPSTAN_CHECK: a broken invariant ends the process at once, with the expression and where it
// stood.
//
// For what only a bug of ours can cause. What the kernel, the network, a file or a user can cause
// is an error value or a counter, never a check.
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

// Prints to stderr and aborts. `values` are the numbers that explain the failure, as integers.
template <typename... Values>
[[noreturn]] void check_failed(const char* expression, const char* file, int line,
                               Values... values) noexcept {
  std::fprintf(stderr, "capstan: broken invariant: %s (%s:%d)", expression, file, line);
  (std::fprintf(stderr, " %lld", static_cast<long long>(values)), ...);
  std::fputc('\n', stderr);
  std::abort();
}

}  // namespace capstan
