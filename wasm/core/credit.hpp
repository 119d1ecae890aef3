// Upload credit: a viewer never sends more media than it received.
// Owns sums in bytes. Invariant: uploaded ≤ earned ≤ downloaded, at every moment of the session.
#pragma once

namespace bazaar {

class Credit {
 public:
  /// `worth`: what a byte of it earns, at most 1 (tunables::kCdnCredit).
  void add_download(double bytes, double worth = 1) {
    downloaded_ += bytes;
    earned_ += bytes * worth;
  }
  double available() const { return earned_ - uploaded_; }

  /// At send: turns credit into upload, or says no.
  [[nodiscard]] bool spend(double bytes) {
    if (uploaded_ + bytes > earned_) return false;
    uploaded_ += bytes;
    return true;
  }

  double downloaded() const { return downloaded_; }
  double uploaded() const { return uploaded_; }

 private:
  double downloaded_ = 0;
  double earned_ = 0;
  double uploaded_ = 0;
};

}  // namespace bazaar
