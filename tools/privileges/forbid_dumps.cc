#include <sys/prctl.h>
#include <sys/resource.h>

#include "tools/privileges/privileges.h"

namespace capstan::tools {

void forbid_dumps() noexcept {
  static_cast<void>(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
  const struct rlimit none = {0, 0};
  static_cast<void>(::setrlimit(RLIMIT_CORE, &none));
}

}  // namespace capstan::tools
