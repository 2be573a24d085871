// What libmicrohttpd shall not take apart.
#pragma once

namespace capstan::tools {

// For MHD_OPTION_URI_LOG_CALLBACK: makes the parameters of a request's target one. libmicrohttpd
// takes them apart behind that call, with 64 bytes of the connection's memory for each, and where
// that is too little it neither answers nor closes (0.9.75). `target` is its own buffer, which its
// interface shows as const.
inline void hide_parameters(const char* target) noexcept {
  for (char* at = const_cast<char*>(target); *at != '\0'; ++at) {
    if (*at == '&') *at = '+';
  }
}

}  // namespace capstan::tools
