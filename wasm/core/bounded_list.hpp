// A list in a fixed array, for what has a bound anyway: no allocation, and none of the code that a growing vector
// brings into the browser's download. Owns the elements; refuses to grow. Invariant: size() ≤ N; what is pushed into a
// full list is dropped, so callers make room first where that matters.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>

namespace bazaar {

template <typename T, size_t N>
class BoundedList {
 public:
  BoundedList() = default;
  BoundedList(std::initializer_list<T> values) {
    for (const T& value : values) push_back(value);
  }

  const T* begin() const { return items_.data(); }
  const T* end() const { return items_.data() + size_; }
  T* begin() { return items_.data(); }
  T* end() { return items_.data() + size_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == N; }
  const T& operator[](size_t i) const { return items_[i]; }
  T& operator[](size_t i) { return items_[i]; }
  const T& front() const { return items_[0]; }
  const T& back() const { return items_[size_ - 1]; }

  void push_back(const T& value) {
    if (!full()) items_[size_++] = value;
  }
  void pop_back() { --size_; }
  void clear() { size_ = 0; }
  /// Keeps the order of the others.
  template <typename Is>
  void remove_if(Is is) {
    size_t kept = 0;
    for (size_t i = 0; i < size_; ++i) {
      if (!is(items_[i])) items_[kept++] = items_[i];
    }
    size_ = kept;
  }
  void remove_front(size_t count = 1) {
    for (size_t i = count; i < size_; ++i) items_[i - count] = items_[i];
    size_ -= count;
  }

 private:
  std::array<T, N> items_{};
  size_t size_ = 0;
};

}  // namespace bazaar
