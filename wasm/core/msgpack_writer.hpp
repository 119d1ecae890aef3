// msgpack-c's packer over a fixed span. Owns the position; refuses to grow. Invariant: never writes beyond the span;
// what did not fit makes length() 0.
#pragma once

#include <cstdint>
#include <cstring>
#include <msgpack.hpp>
#include <span>

namespace bazaar {

class MsgpackWriter {
 public:
  explicit MsgpackWriter(std::span<uint8_t> out) : out_(out), packer_(*this) {}
  MsgpackWriter(const MsgpackWriter&) = delete;
  MsgpackWriter& operator=(const MsgpackWriter&) = delete;

  // What msgpack::packer wants of its stream.
  void write(const char* data, size_t length) {
    if (!fits_ || length > out_.size() - used_) {
      fits_ = false;
      return;
    }
    std::memcpy(out_.data() + used_, data, length);
    used_ += length;
  }

  MsgpackWriter& array(uint32_t count) {
    packer_.pack_array(count);
    return *this;
  }
  MsgpackWriter& uint(uint64_t value) {
    packer_.pack_uint64(value);  // writes the shortest form
    return *this;
  }
  MsgpackWriter& boolean(bool value) {
    if (value) {
      packer_.pack_true();
    } else {
      packer_.pack_false();
    }
    return *this;
  }
  /// The head alone: the bytes follow from elsewhere.
  MsgpackWriter& bytes_head(uint32_t length) {
    packer_.pack_bin(length);
    return *this;
  }
  MsgpackWriter& bytes(const uint8_t* data, uint32_t length) {
    packer_.pack_bin(length);
    if (length > 0) packer_.pack_bin_body(reinterpret_cast<const char*>(data), length);
    return *this;
  }
  MsgpackWriter& text(const char* data, uint32_t length) {
    packer_.pack_str(length);
    if (length > 0) packer_.pack_str_body(data, length);
    return *this;
  }

  /// Takes back all but the first `length` bytes, and that something did not fit.
  void rewind(size_t length) {
    used_ = length;
    fits_ = true;
  }

  /// Bytes written, 0 when they did not fit.
  size_t length() const { return fits_ ? used_ : 0; }

 private:
  std::span<uint8_t> out_;
  size_t used_ = 0;
  bool fits_ = true;
  msgpack::packer<MsgpackWriter> packer_;
};

}  // namespace bazaar
