#include "backplane/node_messages.hpp"

#include <algorithm>

#include "backplane/redis_limits.hpp"

namespace bazaar::tracker {

namespace {

constexpr uint8_t kBatchType = 0xb1;
constexpr uint8_t kBulletinType = 0xb2;
constexpr size_t kHeadBytes = 19;
constexpr size_t kStreamBytes = sizeof(StreamId::bytes);

template <typename Number>
void put(std::string& out, Number value) {
  for (size_t i = sizeof value; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

void put_head(std::string& out, uint8_t type, const Sender& sender) {
  put(out, type);
  put(out, sender.node);
  put(out, sender.boot);
  put(out, sender.sequence);
}

// Reads past the end give zeros and leave is_good() false; the caller looks once, at the end.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : left_(bytes) {}

  template <typename Number>
  Number number() {
    uint64_t value = 0;
    for (const uint8_t byte : bytes(sizeof(Number))) value = value << 8 | byte;
    return static_cast<Number>(value);
  }
  std::span<const uint8_t> bytes(size_t count) {
    if (count > left_.size()) {
      is_good_ = false;
      left_ = {};
      return {};
    }
    const auto taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
  }
  Sender head(uint8_t type) {
    if (number<uint8_t>() != type) is_good_ = false;
    Sender sender;
    sender.node = number<uint16_t>();
    sender.boot = number<uint64_t>();
    sender.sequence = number<uint64_t>();
    if (sender.boot == 0 || sender.sequence == 0) is_good_ = false;
    return sender;
  }
  StreamId stream() {
    StreamId id;
    std::ranges::copy(bytes(kStreamBytes), id.bytes.begin());
    return id;
  }
  bool is_good() const { return is_good_; }
  bool is_at_end() const { return left_.empty(); }

 private:
  std::span<const uint8_t> left_;
  bool is_good_ = true;
};

bool is_cell_of(uint16_t node, const CellNotice& notice) {
  return notice.cell.node() == node && notice.cell.generation() != 0 && notice.size <= Address::kSlotsMax;
}

std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

BatchWriter::BatchWriter() { clear(); }

void BatchWriter::clear() {
  out_.assign(kHeadBytes, '\0');
  messages_ = 0;
}

void BatchWriter::add(uint8_t worker, BusMessageClass kind, std::span<const uint8_t> message) {
  put(out_, worker);
  put(out_, static_cast<uint8_t>(kind));
  put(out_, static_cast<uint32_t>(message.size()));
  out_.append(message.begin(), message.end());
  ++messages_;
}

std::string_view BatchWriter::seal(const Sender& sender) {
  std::string head;
  put_head(head, kBatchType, sender);
  out_.replace(0, kHeadBytes, head);
  return out_;
}

std::optional<Batch> read_batch(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  Batch batch;
  batch.sender = reader.head(kBatchType);
  while (reader.is_good() && !reader.is_at_end()) {
    Batch::Message message;
    message.worker = reader.number<uint8_t>();
    message.kind = static_cast<BusMessageClass>(reader.number<uint8_t>());
    const auto length = reader.number<uint32_t>();
    message.bytes = reader.bytes(length);
    const bool is_kind_known = message.kind == BusMessageClass::kNative || message.kind == BusMessageClass::kWebTorrent;
    if (!is_kind_known || length > kBusMessageBytesMax) return {};
    batch.messages.push_back(message);
  }
  if (!reader.is_good()) return {};
  return batch;
}

std::string write_bulletin(const Bulletin& bulletin) {
  std::string out;
  put_head(out, kBulletinType, bulletin.sender);
  put(out, static_cast<uint8_t>(bulletin.state));
  put(out, static_cast<uint16_t>(bulletin.notices.size()));
  for (const CellNotice& notice : bulletin.notices) {
    out.append(notice.stream.bytes.begin(), notice.stream.bytes.end());
    put(out, notice.cell.value());
    put(out, notice.size);
  }
  return out;
}

std::optional<Bulletin> read_bulletin(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  Bulletin bulletin;
  bulletin.sender = reader.head(kBulletinType);
  const auto state = reader.number<uint8_t>();
  const size_t count = reader.number<uint16_t>();
  if (!reader.is_good() || state > static_cast<uint8_t>(NodeState::kLeaving) || count > kNoticesPerBulletinMax)
    return {};
  bulletin.state = static_cast<NodeState>(state);
  for (size_t i = 0; i < count; ++i) {
    CellNotice notice;
    notice.stream = reader.stream();
    notice.cell = Address(reader.number<uint64_t>());
    notice.size = reader.number<uint32_t>();
    if (!is_cell_of(bulletin.sender.node, notice)) return {};
    bulletin.notices.push_back(notice);
  }
  if (!reader.is_good() || !reader.is_at_end()) return {};
  return bulletin;
}

std::string write_cell_field(Address cell) {
  std::string out;
  put(out, cell.value());
  return out;
}

std::string write_cell_value(const CellNotice& notice) {
  std::string out(notice.stream.bytes.begin(), notice.stream.bytes.end());
  put(out, notice.size);
  return out;
}

std::optional<CellNotice> read_cell(uint16_t node, std::string_view field, std::string_view value) {
  Reader name(as_bytes(field));
  Reader content(as_bytes(value));
  CellNotice notice;
  notice.cell = Address(name.number<uint64_t>());
  notice.stream = content.stream();
  notice.size = content.number<uint32_t>();
  if (!name.is_good() || !name.is_at_end() || !content.is_good() || !content.is_at_end()) return {};
  if (notice.size == 0 || !is_cell_of(node, notice)) return {};
  return notice;
}

}  // namespace bazaar::tracker
