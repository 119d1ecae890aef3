// Letters from any thread to one worker.
#include "mailbox.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace bazaar::tracker {
namespace {

std::span<const uint8_t> bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string text_of(const Mail& mail, size_t letter) {
  const auto span = mail.bytes_of(mail.letters.at(letter));
  return {span.begin(), span.end()};
}

TEST(Mailbox, Keeps_order_and_wakes_for_the_first_letter_only) {
  Mailbox box;
  EXPECT_TRUE(box.put({}, bytes("one")));
  EXPECT_FALSE(box.put({}, bytes("")));
  EXPECT_FALSE(box.put({}, bytes("three")));
  Mail mail;
  box.take(mail);
  ASSERT_EQ(mail.letters.size(), 3u);
  EXPECT_EQ(text_of(mail, 0), "one");
  EXPECT_EQ(text_of(mail, 1), "");
  EXPECT_EQ(text_of(mail, 2), "three");
  EXPECT_TRUE(box.put({}, bytes("again")));
}

TEST(Mailbox, Refuses_what_does_not_fit_and_never_an_order) {
  Mailbox box;
  const std::string large(1024 * 1024, 'x');
  for (size_t i = 0; i < Mailbox::kBytesMax / large.size(); ++i) box.put({}, bytes(large));
  EXPECT_EQ(box.refused(), 0u);
  box.put({}, bytes("x"));
  EXPECT_EQ(box.refused(), 1u);
  Letter drain;
  drain.kind = Letter::Kind::kDrain;
  box.put(drain);
  Mail mail;
  box.take(mail);
  EXPECT_EQ(mail.letters.back().kind, Letter::Kind::kDrain);
  mail.clear();
  for (size_t i = 0; i < Mailbox::kLettersMax + 5; ++i) box.put({});
  EXPECT_EQ(box.refused(), 6u);
  box.take(mail);
  EXPECT_EQ(mail.letters.size(), Mailbox::kLettersMax);
}

TEST(Mailbox, Loses_nothing_between_threads) {
  Mailbox box;
  constexpr int kWriters = 3, kEach = 2'000;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer)
    writers.emplace_back([&box, writer] {
      for (int i = 0; i < kEach; ++i) {
        Letter letter;
        letter.number = writer;
        box.put(letter, bytes(std::to_string(i)));
      }
    });
  std::vector<int> next(kWriters);
  for (int seen = 0; seen < kWriters * kEach;) {
    Mail mail;
    box.take(mail);
    for (size_t i = 0; i < mail.letters.size(); ++i, ++seen)
      ASSERT_EQ(text_of(mail, i), std::to_string(next[mail.letters[i].number]++));
  }
  for (std::thread& writer : writers) writer.join();
}

}  // namespace
}  // namespace bazaar::tracker
