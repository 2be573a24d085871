// Low priorities for reading recordings while a recorder runs.
#pragma once

namespace capstan::tools {

// From now on this thread and the threads it creates get the CPU and the disk only when nobody else
// needs them (SCHED_IDLE; the idle class of ioprio_set(2)). If the system refuses, the priority
// stays as it is.
void become_idle() noexcept;

}  // namespace capstan::tools
