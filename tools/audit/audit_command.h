#pragma once

namespace capstan::tools {

// `capstan audit`: 4 when a login in the clear was seen, 0 when none was.
int audit_command(int argc, char** argv);

}  // namespace capstan::tools
