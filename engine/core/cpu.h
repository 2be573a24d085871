// CPUs: which ones this process may use, CPU lists as text, pinning and naming a thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace capstan {

// The CPUs this process may run on (sched_getaffinity(2)), ascending.
std::vector<int> allowed_cpus();

// Parses "0,2-4" to {0, 2, 3, 4}, in the order written. Throws UsageError, naming the part that is
// wrong, for any other text.
std::vector<int> parse_cpu_list(std::string_view text);

// Pins the calling thread to one CPU. Returns 0 or an errno value (EINVAL: this machine has no such
// CPU).
[[nodiscard]] int pin_current_thread(int cpu) noexcept;

// Lets the calling thread run on these CPUs only; an empty list changes nothing. Errors are
// ignored.
void keep_current_thread_on(const std::vector<int>& cpus) noexcept;

// Lowers the calling thread's priority a little (nice 5): the threads of a capture and of its
// writer come first where CPUs are short, and the thread still gets its turn within some ten
// milliseconds, which matters while it holds a block. Errors are ignored.
void give_way_to_recording() noexcept;

// Names the calling thread, as top(1) and perf show it. The name is cut to the kernel's limit of 15
// characters.
void name_current_thread(std::string_view name) noexcept;

}  // namespace capstan
