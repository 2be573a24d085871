// `capstan repair`: make a recording that a crash cut short whole again.
#pragma once

#include <string>

#include "writers/repair/repair.h"

namespace capstan::tools {

int repair_command(int argc, char** argv);

// What was done, or would be, in lines for people; the last is ended.
std::string repair_text(const RepairReport& report, const RepairOptions& options);

}  // namespace capstan::tools
