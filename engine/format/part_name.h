// The hidden name of a recording that is still being written: `.NAME.part` beside NAME.
//
// Made by writers/file/output_file.cc, which gives the file its own name when it is whole; looked
// for by repair and by everything that reads a directory of recordings.
#pragma once

#include <string>

namespace capstan {

// "dir/.name.part" for "dir/name".
std::string part_path(const std::string& path);

// "dir/name" for "dir/.name.part"; empty for a path of any other form.
std::string finished_path(const std::string& path);

}  // namespace capstan
