// A fixed table of objects named by handles with a generation: what JavaScript holds while the engine owns the object.
// Owns the objects; refuses to grow. Invariant: a handle is positive, names one object for ever, and finds nothing
// once that object is erased.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bazaar {

using Handle = int32_t;  // 0 is none; bits 0–7 the slot, bits 8–30 the generation

template <typename T>
class Slots {
 public:
  explicit Slots(size_t slots) : entries_(slots), used_((slots + 63) / 64) { assert(slots <= 256); }

  /// A fresh object, or 0 when every slot is taken.
  Handle insert() {
    for (size_t slot = 0; slot < entries_.size(); ++slot) {
      Entry& entry = entries_[slot];
      if (is_used(slot)) continue;
      used_[slot / 64] |= bit_of(slot);
      entry.generation = entry.generation % kGenerationMax + 1;
      entry.object = T{};
      ++size_;
      return handle_of(slot);
    }
    return 0;
  }

  void erase(Handle handle) {
    if (!find(handle)) return;
    const size_t slot = slot_of(handle);
    used_[slot / 64] &= ~bit_of(slot);
    entries_[slot].object = T{};  // gives its memory back now, not when the slot is taken again
    --size_;
  }

  /// Null for a stale, foreign or zero handle. Valid until the object is erased.
  T* find(Handle handle) {
    if (handle <= 0) return nullptr;
    const size_t slot = slot_of(handle);
    if (slot >= entries_.size()) return nullptr;
    return is_used(slot) && handle_of(slot) == handle ? &entries_[slot].object : nullptr;
  }
  const T* find(Handle handle) const { return const_cast<Slots*>(this)->find(handle); }

  static constexpr size_t slot_of(Handle handle) { return static_cast<size_t>(handle & 0xff); }
  size_t size() const { return size_; }
  size_t capacity() const { return entries_.size(); }

  /// Calls visit(handle, object) for each object in slot order; `visit` may erase any. What it inserts may be left out.
  template <typename Visit>
  void each(Visit visit) {
    each_slot([&](size_t slot) { visit(handle_of(slot), entries_[slot].object); });
  }
  template <typename Visit>
  void each(Visit visit) const {
    each_slot([&](size_t slot) { visit(handle_of(slot), entries_[slot].object); });
  }

  /// The object in a slot, null when free: for walking the bits of a mask.
  T* at_slot(size_t slot) { return slot < entries_.size() && is_used(slot) ? &entries_[slot].object : nullptr; }
  Handle handle_of(size_t slot) const { return (entries_[slot].generation << 8) | static_cast<Handle>(slot); }

 private:
  static constexpr int32_t kGenerationMax = (1 << 23) - 1;
  struct Entry {
    T object{};
    int32_t generation = 0;
  };
  static constexpr uint64_t bit_of(size_t slot) { return uint64_t{1} << (slot % 64); }
  bool is_used(size_t slot) const { return (used_[slot / 64] & bit_of(slot)) != 0; }
  template <typename Visit>
  void each_slot(Visit visit) const {
    for (size_t word = 0; word < used_.size(); ++word) {
      for (uint64_t left = used_[word]; left != 0; left &= left - 1) {
        const size_t slot = word * 64 + static_cast<size_t>(std::countr_zero(left));
        if (is_used(slot)) visit(slot);
      }
    }
  }
  std::vector<Entry> entries_;
  std::vector<uint64_t> used_;  // a bit a slot, apart from the objects: most walks find few of them
  size_t size_ = 0;
};

}  // namespace bazaar
