// Filter texts that find the packets of a conversation.
#pragma once

#include <string>

#include "tools/flows/flow_book.h"
#include "tools/flows/flows_cli.h"

namespace capstan::serve {

// For the outer packet: "host 192.0.2.1 and host 192.0.2.2 and tcp port 1025 and port 80".
std::string filter_of_flow(const tools::Flow& flow);
// For a host, a service or a pair of hosts, by the name that talkers_of() gave it.
std::string filter_of_talker(const std::string& name, tools::Talkers by);

}  // namespace capstan::serve
