// Being in nobody's way: priorities for what reads recordings beside a recorder.
#pragma once

namespace capstan::tools {

// From now on this thread and those it makes get the CPU and the disk when nobody else wants them
// (SCHED_IDLE; the idle class of ioprio_set(2)). What the system refuses stays as it is.
void become_idle() noexcept;

}  // namespace capstan::tools
