#include "engine/core/thread.h"

#include <sys/resource.h>

#include <string>

#include "engine/core/errors.h"

namespace capstan {

void throw_no_thread(const std::system_error& error, std::string_view what) {
  rlimit limit{};
  const bool known = ::getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  throw_system_error(
      error.code().value(), "start the thread that " + std::string(what),
      (known ? "This user may have " + std::to_string(limit.rlim_cur) + " threads (ulimit -u); a"
             : std::string("A")) +
          " limit of the container or unit (pids.max, TasksMax) counts too");
}

}  // namespace capstan
