// The fields that capinfos' flags select, as a list of names and values or as a table.
#pragma once

#include <string>
#include <string_view>

#include "engine/reader/recording_summary.h"

namespace capstan::tools {

// The format that capinfos' flags select. Fields are given by their letters: "cus".
struct FieldOptions {
  std::string fields;      // empty: all of them
  bool table = false;      // -T: one line per file, else one line per field
  bool header = true;      // -R, -r: the first line of the table
  bool machine = false;    // -M: bare numbers
  bool seconds = false;    // -S: times as seconds since 1970
  char separator = '\t';   // -B, -m, -b
  std::string_view quote;  // -N, -q, -Q
};

// The letters of all fields, in the order of a table.
std::string_view all_fields();

// The first line of the table, with its newline.
std::string fields_header(const FieldOptions& options);
// One line of the table, or all lines for one file. For -H the file is read again; the hashes are
// "-" where that is not possible, as with a pipe.
std::string fields_text(const RecordingSummary& summary, const FieldOptions& options);

}  // namespace capstan::tools
