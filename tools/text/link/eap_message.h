#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// Prints one EAP message, or a part of one, of in.length() bytes.
void put_eap_message(Printer& p, const Input& in);

}  // namespace capstan::text
