// Upload credit: a viewer never sends more media than it received.
// Owns two sums in bytes. Invariant: uploaded ≤ downloaded, at every moment of the session.
#pragma once

namespace bazaar {

class Credit {
 public:
  void add_download(double bytes) { downloaded_ += bytes; }
  double available() const { return downloaded_ - uploaded_; }

  /// At send: turns credit into upload, or says no.
  [[nodiscard]] bool spend(double bytes) {
    if (uploaded_ + bytes > downloaded_) return false;
    uploaded_ += bytes;
    return true;
  }

  double downloaded() const { return downloaded_; }
  double uploaded() const { return uploaded_; }

 private:
  double downloaded_ = 0;
  double uploaded_ = 0;
};

}  // namespace bazaar
