#include "mailbox.hpp"

namespace bazaar::tracker {

bool Mailbox::put(Letter letter, std::span<const uint8_t> bytes) {
  const bool is_order = letter.kind >= Letter::Kind::kNodeLost;
  const std::lock_guard lock(mutex_);
  const bool is_full = waiting_.bytes.size() + bytes.size() > kBytesMax || waiting_.letters.size() >= kLettersMax;
  if (is_full && !is_order) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  letter.offset = waiting_.bytes.size();
  letter.length = bytes.size();
  waiting_.bytes.insert(waiting_.bytes.end(), bytes.begin(), bytes.end());
  waiting_.letters.push_back(letter);
  return waiting_.letters.size() == 1;
}

void Mailbox::take(Mail& mail) {
  const std::lock_guard lock(mutex_);
  std::swap(waiting_, mail);
}

}  // namespace bazaar::tracker
