// Describes the machine and measures what it can do without a recorder: processor, disk, memory.
#pragma once

#include <cstdint>
#include <string>

#include "tools/bench/bench_types.h"

namespace capstan::bench {

// Fills cpu, cpus, memory_bytes, kernel, os, directory and file_system.
void describe_machine(BenchReport& report, const std::string& directory);

// Bytes per second that the disk accepts from a writer like ours when packets cost nothing
// (tools/doctor/disk_probe.h). Throws std::system_error when nothing can be written there.
double measure_disk(const std::string& directory, std::uint64_t bytes);

// Bytes per second of memcpy on one core, between areas larger than any cache.
double measure_memcpy();

}  // namespace capstan::bench
