// PacketText: prints one packet as the line or lines that `show` prints. Start here.
#pragma once

#include <cstdint>

#include "engine/block/packet_view.h"
#include "tools/text/printer.h"

namespace capstan::text {

// What a line shows about the packet in addition to its bytes.
struct PacketPlace {
  std::uint64_t number = 0;             // for -#, from 1
  std::uint64_t reference_time_ns = 0;  // time of the previous (-ttt) or the first packet (-ttttt)
};

// Timestamps as text. One per worker: remembers the day and the UTC offset that it looked up last.
class TimeText {
 public:
  explicit TimeText(const PrintOptions& options) : options_(options) {}
  // Prints the time in the mode of the options, and a space; nothing with -t.
  void put(TextSink& out, std::uint64_t timestamp_ns, std::uint64_t reference_ns);

 private:
  void put_fraction(TextSink& out, std::uint64_t nanoseconds) const;
  void put_clock(TextSink& out, std::uint64_t seconds);
  void look_up(std::uint64_t seconds);

  const PrintOptions& options_;
  std::uint64_t slot_ = ~std::uint64_t{0};  // quarter of an hour that the next members are for
  std::uint32_t second_of_day_ = 0;         // local time, at the start of the slot
  char date_[16] = {};                      // "2026-11-23 "
  std::size_t date_size_ = 0;
};

// Appends time, layers, dumps and a newline to printer.out.
class PacketText {
 public:
  PacketText(Printer& printer, const PrintOptions& options)
      : printer_(printer), options_(options), time_(options) {}

  void print(const PacketView& packet, const PacketPlace& place);

 private:
  void put_dumps(const PacketView& packet, std::size_t header_bytes);

  Printer& printer_;
  const PrintOptions& options_;
  TimeText time_;
};

}  // namespace capstan::text
