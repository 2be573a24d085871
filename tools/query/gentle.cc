#include "tools/query/gentle.h"

#include <linux/ioprio.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace capstan::tools {

void become_idle() noexcept {
  const sched_param parameters{};
  static_cast<void>(::sched_setscheduler(0, SCHED_IDLE, &parameters));
  static_cast<void>(
      ::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)));
}

}  // namespace capstan::tools
