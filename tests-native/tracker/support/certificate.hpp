// A certificate and its key in files of a directory of their own, for the length of a test.
// Invariant: the files are gone when it is.
#pragma once

#include <string>

namespace bazaar::tracker::net::testing {

class Certificate {
 public:
  explicit Certificate(const std::string& name) { renew(name); }
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  /// Another key and another certificate in the same files.
  void renew(const std::string& name);
  const std::string& certificate_path() const { return certificate_path_; }
  const std::string& key_path() const { return key_path_; }

 private:
  std::string directory_;
  std::string certificate_path_;
  std::string key_path_;
};

}  // namespace bazaar::tracker::net::testing
