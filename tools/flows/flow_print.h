// Prints the conversations of a book, or sums of them, as the command line says.
#pragma once

#include "tools/flows/flow_book.h"
#include "tools/flows/flows_cli.h"

namespace capstan::tools {

// On standard output. Changes the order of the book's flows. A reader that has gone is no error.
void print_flows(const FlowsCommandLine& line, FlowBook& book);

}  // namespace capstan::tools
