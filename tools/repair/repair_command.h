// `capstan repair`: makes a valid file of a recording that a crash cut short.
#pragma once

#include <string>

#include "writers/repair/repair.h"

namespace capstan::tools {

int repair_command(int argc, char** argv);

// What was done, or would be done, in lines for people; the last one has a newline.
std::string repair_text(const RepairReport& report, const RepairOptions& options);

}  // namespace capstan::tools
