#pragma once

namespace capstan::tools {

// `capstan audit`: status 4 when a login in cleartext was seen, 5 when none was seen but not
// everything could be examined (audit_scope.h), else 0.
int audit_command(int argc, char** argv);

}  // namespace capstan::tools
