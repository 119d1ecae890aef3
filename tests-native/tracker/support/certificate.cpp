#include "tracker/support/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace bazaar::tracker::net::testing {

void Certificate::renew(const std::string& name) {
  if (directory_.empty()) {
    std::array<char, 64> pattern{"/tmp/bazaar-certificate-XXXXXX"};
    directory_ = mkdtemp(pattern.data());
    certificate_path_ = directory_ + "/certificate.pem";
    key_path_ = directory_ + "/key.pem";
  }
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3'600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_sign(certificate.get(), key.get(), EVP_sha256());

  const std::unique_ptr<FILE, decltype(&std::fclose)> to(std::fopen(certificate_path_.c_str(), "w"), std::fclose);
  PEM_write_X509(to.get(), certificate.get());
  const std::unique_ptr<FILE, decltype(&std::fclose)> key_to(std::fopen(key_path_.c_str(), "w"), std::fclose);
  PEM_write_PrivateKey(key_to.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

Certificate::~Certificate() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace bazaar::tracker::net::testing
