// What capinfos' flags ask for of a recording, as a list of names and values or as a table.
#pragma once

#include <string>
#include <string_view>

#include "engine/reader/recording_summary.h"

namespace capstan::tools {

// How capinfos' flags want it. Fields are their letters: "cus".
struct FieldOptions {
  std::string fields;      // empty: all of them
  bool table = false;      // -T: a line a file, else a line a field
  bool header = true;      // -R, -r: the table's first line
  bool machine = false;    // -M: bare numbers
  bool seconds = false;    // -S: times as seconds since 1970
  char separator = '\t';   // -B, -m, -b
  std::string_view quote;  // -N, -q, -Q
};

// The letters of the fields there are, in the order of a table.
std::string_view all_fields();

// The table's first line, ended.
std::string fields_header(const FieldOptions& options);
// A line of the table, or the lines of one file. For -H the file is read once more: "-" where it
// cannot be, as from a pipe.
std::string fields_text(const RecordingSummary& summary, const FieldOptions& options);

}  // namespace capstan::tools
