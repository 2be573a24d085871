// Certificates for tests: an authority and what it issues, as PEM files.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace capstan::test {

struct CertificateFiles {
  std::string certificate;
  std::string key;
};

// An authority in a directory of the test's. One thread.
class CertificateAuthority {
 public:
  CertificateAuthority(std::string folder, const std::string& name)
      : folder_(std::move(folder)), key_(new_key()) {
    own_ = sign(name, "", -60, 86'400, *key_);
    write(path(), [this](std::FILE* file) { return ::PEM_write_X509(file, own_.get()); });
  }

  // Its certificate.
  std::string path() const { return folder_ + "/authority.pem"; }

  // `names`: "DNS:localhost,IP:127.0.0.1"; empty: none. Valid from now + `from_s` to now + `to_s`.
  CertificateFiles issue(const std::string& name, const std::string& names, long from_s = -60,
                         long to_s = 86'400) {
    const Key key = new_key();
    const Certificate made = sign(name, names, from_s, to_s, *key);
    const CertificateFiles files{folder_ + "/" + name + ".pem", folder_ + "/" + name + ".key"};
    write(files.certificate, [&](std::FILE* file) { return ::PEM_write_X509(file, made.get()); });
    write(files.key, [&](std::FILE* file) {
      return ::PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    return files;
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&::X509_free)>;

  static void must(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string("certificate: ") + what);
  }
  static Key new_key() {
    Key key(::EVP_EC_gen("P-256"), &::EVP_PKEY_free);
    must(key != nullptr, "key");
    return key;
  }

  Certificate sign(const std::string& name, const std::string& names, long from_s, long to_s,
                   EVP_PKEY& key) {
    Certificate made(::X509_new(), &::X509_free);
    X509* const x = made.get();
    must(x != nullptr && ::X509_set_version(x, 2) == 1, "version");
    ::ASN1_INTEGER_set(::X509_get_serialNumber(x), ++serial_);
    ::X509_gmtime_adj(::X509_getm_notBefore(x), from_s);
    ::X509_gmtime_adj(::X509_getm_notAfter(x), to_s);
    ::X509_set_pubkey(x, &key);
    ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    ::X509_set_issuer_name(x,
                           own_ ? ::X509_get_subject_name(own_.get()) : ::X509_get_subject_name(x));
    const auto extend = [x](int what, const char* value) {
      X509_EXTENSION* const extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
      must(extension != nullptr && ::X509_add_ext(x, extension, -1) == 1, value);
      ::X509_EXTENSION_free(extension);
    };
    extend(NID_basic_constraints, own_ ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (!names.empty()) extend(NID_subject_alt_name, names.c_str());
    must(::X509_sign(x, key_.get(), ::EVP_sha256()) != 0, "sign");
    return made;
  }

  template <typename Put>
  static void write(const std::string& path, Put put) {
    std::FILE* const file = std::fopen(path.c_str(), "we");
    must(file != nullptr && put(file) == 1 && std::fclose(file) == 0, path.c_str());
  }

  std::string folder_;
  long serial_ = 0;
  Key key_;
  Certificate own_{nullptr, &::X509_free};
};

}  // namespace capstan::test
