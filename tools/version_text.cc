#include "tools/version_text.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <gnutls/gnutls.h>
#include <librdkafka/rdkafka.h>
#include <microhttpd.h>
#include <nghttp2/nghttp2.h>
#include <openssl/crypto.h>
#include <pcap/pcap.h>
#include <zlib.h>
#include <zstd.h>

#include <string_view>

namespace capstan::tools {

namespace {

// "libpcap version 1.10.3 (with TPACKET_V3)" and "OpenSSL 3.0.15 3 Sep 2024" say more than a
// number.
std::string_view number_in(std::string_view text) {
  const std::size_t begin = text.find_first_of("0123456789");
  if (begin == std::string_view::npos) return text;
  return text.substr(begin, text.find(' ', begin) - begin);
}

}  // namespace

std::string version_text() {
  std::string text = fmt::format("capstan {}\n", CAPSTAN_VERSION);
  const auto with = [&text](std::string_view name, std::string_view version) {
    text += fmt::format("with {} {}\n", name, version);
  };
  with("libpcap", number_in(pcap_lib_version()));
  with("liburing", CAPSTAN_LIBURING_VERSION);
  with("zlib", zlibVersion());
  with("zstd", ZSTD_versionString());
  with("OpenSSL", number_in(OpenSSL_version(OPENSSL_VERSION)));
  with("GnuTLS", gnutls_check_version(nullptr));
  with("libmicrohttpd", MHD_get_version());
  with("libcurl", curl_version_info(CURLVERSION_NOW)->version);
  with("librdkafka", rd_kafka_version_str());
  with("nghttp2", nghttp2_version(0)->version_str);
  return text + "for AF_PACKET (TPACKET_V3), io_uring, Landlock, seccomp, AF_XDP frames (blast)\n";
}

}  // namespace capstan::tools
