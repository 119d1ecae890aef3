// Slots are used again, ids are not; buffers are used again, within bounds.
#include "net/connection_table.hpp"

#include <gtest/gtest.h>

namespace bazaar::tracker::net {
namespace {

ConnectionId opened(ConnectionTable& table) {
  const uint32_t slot = table.take();
  table.at(slot).phase = Phase::kOpen;
  return ConnectionTable::id_of(slot, table.at(slot));
}

TEST(ConnectionTable, An_old_id_finds_nothing_not_even_the_newcomer_in_its_slot) {
  ConnectionTable table;
  const ConnectionId first = opened(table);
  EXPECT_NE(first, 0u);
  EXPECT_NE(table.find(first), nullptr);
  table.give_back(ConnectionTable::slot_of(first));
  EXPECT_EQ(table.find(first), nullptr);
  ConnectionId again = 0;
  do {
    again = opened(table);
  } while (ConnectionTable::slot_of(again) != ConnectionTable::slot_of(first));
  EXPECT_NE(again, first);
  EXPECT_EQ(table.find(first), nullptr);
  EXPECT_NE(table.find(again), nullptr);
}

TEST(ConnectionTable, A_slot_rests_until_all_others_were_used) {
  ConnectionTable table;
  const ConnectionId first = opened(table);
  const uint32_t slots = table.slots();
  table.give_back(ConnectionTable::slot_of(first));
  for (uint32_t i = 0; i < slots - 1; ++i)
    EXPECT_NE(ConnectionTable::slot_of(opened(table)), ConnectionTable::slot_of(first));
  EXPECT_EQ(ConnectionTable::slot_of(opened(table)), ConnectionTable::slot_of(first));
  EXPECT_EQ(table.slots(), slots);
}

TEST(ConnectionTable, A_generation_is_never_none) {
  ConnectionTable table;
  const ConnectionId first = opened(table);
  Connection& connection = table.at(ConnectionTable::slot_of(first));
  connection.generation = ~uint32_t{0};
  table.give_back(ConnectionTable::slot_of(first));
  EXPECT_EQ(connection.generation, 1u);
  EXPECT_EQ(table.find(ConnectionTable::slot_of(first)), nullptr);
}

TEST(ConnectionTable, Connections_stay_where_they_are_while_it_grows) {
  ConnectionTable table;
  const ConnectionId first = opened(table);
  const Connection* const place = table.find(first);
  for (int i = 0; i < 5'000; ++i) opened(table);
  EXPECT_EQ(table.find(first), place);
}

TEST(ConnectionTable, An_idle_connection_is_small) { EXPECT_LE(sizeof(Connection), 96u); }

TEST(Buffers, What_is_given_back_comes_again_empty) {
  Buffers buffers;
  Buffers::Buffer buffer = buffers.take();
  buffer->assign(100, 'x');
  const uint8_t* const bytes = buffer->data();
  buffers.give_back(std::move(buffer));
  buffer = buffers.take();
  EXPECT_TRUE(buffer->empty());
  EXPECT_EQ(buffer->data(), bytes);
}

TEST(Buffers, Neither_many_nor_big_ones_are_kept) {
  Buffers buffers;
  for (size_t i = 0; i < Buffers::kIdleMax + 10; ++i) buffers.give_back(std::make_unique<Buffers::Bytes>(10));
  EXPECT_EQ(buffers.idle(), Buffers::kIdleMax);
  Buffers others;
  others.give_back(std::make_unique<Buffers::Bytes>(Buffers::kIdleBytesMax + 1));
  others.give_back(nullptr);
  EXPECT_EQ(others.idle(), 0u);
}

}  // namespace
}  // namespace bazaar::tracker::net
