// 802.11: functions shared by its printers.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// "SA:00:01:02:03:04:05 "
TextSink& put_wifi_address(Printer& p, std::string_view label, const Input& in, std::size_t at);
// The start of an encrypted body: " IV:332211 Pad 4 KeyID 1".
void put_wifi_vector(Printer& p, const Input& body);
// A management frame. `in` begins with the frame control field; `encrypted`: the Protected bit.
void print_wifi_management(Printer& p, const Input& in, std::uint8_t subtype, bool encrypted);

}  // namespace capstan::text
