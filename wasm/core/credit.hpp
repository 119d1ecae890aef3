// Upload credit: a viewer never sends more media than it received.
// Owns three sums in bytes. Invariant: uploaded + reserved ≤ downloaded, at every moment of the session.
#pragma once

#include <cassert>
#include <cstdint>

namespace bazaar {

class Credit {
 public:
  void add_download(double bytes) { downloaded_ += bytes; }
  double available() const { return downloaded_ - uploaded_ - reserved_; }

  /// At accept: sets `bytes` aside, or says no.
  [[nodiscard]] bool reserve(uint32_t bytes) {
    if (bytes > available()) return false;
    reserved_ += bytes;
    return true;
  }
  void release(uint32_t bytes) {
    assert(reserved_ >= bytes);
    reserved_ -= bytes;
  }
  /// At send: turns a reservation into upload, or says no (checked again, whatever accept thought).
  [[nodiscard]] bool spend(uint32_t bytes) {
    release(bytes);
    if (uploaded_ + bytes > downloaded_) return false;
    uploaded_ += bytes;
    return true;
  }

  double downloaded() const { return downloaded_; }
  double uploaded() const { return uploaded_; }

 private:
  double downloaded_ = 0;
  double uploaded_ = 0;
  double reserved_ = 0;
};

}  // namespace bazaar
