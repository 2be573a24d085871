// What the machine is and what it can do without a recorder: processor, disk, memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "tools/bench/bench_types.h"

namespace capstan::bench {

// Fills cpu, cpus, memory_bytes, kernel, os, directory and file_system.
void describe_machine(BenchReport& report, const std::string& directory);

// Bytes a second of O_DIRECT writes of 1 MiB, 32 under way, through io_uring to a preallocated file
// without a name in `directory`; what Capstan's writer would reach if packets cost nothing. Where
// O_DIRECT or io_uring is refused, without. Throws std::system_error when there is no room.
double measure_disk(const std::string& directory, std::uint64_t bytes,
                    const std::atomic<bool>& stop);

// Bytes a second of memcpy on one core between areas larger than any cache.
double measure_memcpy();

// Free bytes for this user in the file system of `directory`. Throws std::system_error.
std::uint64_t free_bytes(const std::string& directory);

}  // namespace capstan::bench
