#pragma once

namespace capstan::tools {

// `capstan audit`: 4 when a login in the clear was seen, 5 when none was and not everything could
// be looked at (audit_scope.h), else 0.
int audit_command(int argc, char** argv);

}  // namespace capstan::tools
