// What workers want to say to other nodes, until the backplane's thread takes it.
// Owns the bound and the lock; refuses to know who listens. Invariant: a caller waits for no more than the exchange of
// two vectors, and what does not fit is refused at once.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "swarm/bus.hpp"

namespace bazaar::tracker {

class Outgoing {
 public:
  enum class Put : uint8_t {
    kFull,
    kQuiet,
    kWake,  ///< the first of an empty queue, or the one that fills a batch: wake the thread
  };
  Put post(Address to, BusMessageClass kind, std::span<const uint8_t> message);
  Put publish(const CellNotice& notice);

  struct Post {
    Address to;
    BusMessageClass kind{};
    size_t begin = 0;
    size_t length = 0;
  };
  struct Load {
    std::vector<Post> posts;
    std::vector<uint8_t> bytes;
    std::vector<CellNotice> notices;
    std::span<const uint8_t> of(const Post& post) const { return std::span(bytes).subspan(post.begin, post.length); }
    bool is_empty() const { return posts.empty() && notices.empty(); }
    void clear();
  };
  /// Exchanges `load`, which is cleared first, for all that waits.
  void take(Load& load);
  size_t waiting_bytes() const;

 private:
  mutable std::mutex mutex_;
  Load load_;
};

}  // namespace bazaar::tracker
