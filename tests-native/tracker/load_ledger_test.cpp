// Once, twice, never, unknown: what the bench's ledger calls an arrival. Owns numbers; refuses sockets.
#include <gtest/gtest.h>

#include "bench/tracker/ledger.hpp"

namespace bazaar::load {
namespace {

TEST(LoadLedger, What_arrived_once_is_not_lost) {
  Ledger ledger(10);
  const uint64_t first = ledger.send();
  const uint64_t second = ledger.send();
  EXPECT_EQ(ledger.arrive(second), Ledger::Arrival::kFirst);
  EXPECT_EQ(ledger.lost(), 1u);
  EXPECT_TRUE(ledger.has_arrived(second));
  EXPECT_FALSE(ledger.has_arrived(first));
}

TEST(LoadLedger, A_second_arrival_is_told_and_not_counted) {
  Ledger ledger(10);
  const uint64_t number = ledger.send();
  ledger.arrive(number);
  EXPECT_EQ(ledger.arrive(number), Ledger::Arrival::kAgain);
  EXPECT_EQ(ledger.arrived(), 1u);
}

TEST(LoadLedger, A_number_that_was_never_sent_is_unknown) {
  Ledger ledger(10);
  EXPECT_EQ(ledger.arrive(0), Ledger::Arrival::kUnknown);
  ledger.send();
  EXPECT_EQ(ledger.arrive(1), Ledger::Arrival::kUnknown);
  EXPECT_EQ(ledger.arrive(UINT64_MAX), Ledger::Arrival::kUnknown);
  EXPECT_EQ(ledger.arrived(), 0u);
}

TEST(LoadLedger, It_says_when_it_is_full) {
  Ledger ledger(64);
  for (int i = 0; i < 64; ++i) {
    EXPECT_FALSE(ledger.is_full());
    ledger.send();
  }
  EXPECT_TRUE(ledger.is_full());
}

}  // namespace
}  // namespace bazaar::load
