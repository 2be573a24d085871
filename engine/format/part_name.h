// The hidden name of a recording that is still being written: `.NAME.part` in the directory of
// NAME.
//
// Made by writers/file/output_file.cc, which renames the file when it is complete; searched for by
// repair and by everything that reads a directory of recordings.
#pragma once

#include <string>

namespace capstan {

// "dir/.name.part" for "dir/name".
std::string part_path(const std::string& path);

// "dir/name" for "dir/.name.part"; empty for any other form of path.
std::string finished_path(const std::string& path);

// "dir/.name.new" for "dir/name": for a small file that is written whole before it gets its name.
std::string new_path(const std::string& path);

// "dir" for "dir/name", "." for "name": where the files beside it are.
std::string directory_of(const std::string& path);

}  // namespace capstan
