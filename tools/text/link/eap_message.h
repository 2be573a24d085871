#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// One EAP message, or a piece of one, of in.length() bytes.
void put_eap_message(Printer& p, const Input& in);

}  // namespace capstan::text
