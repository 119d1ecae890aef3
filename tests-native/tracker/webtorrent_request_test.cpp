// What the reader of clients' JSON accepts, what it refuses by which name, and that no bytes at all harm it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "dice.hpp"
#include "tracker/support/webtorrent_room.hpp"
#include "webtorrent/request_reader.hpp"

namespace bazaar::tracker::webtorrent {
namespace {

class WebTorrentRequest : public testing::Test {
 protected:
  std::string read(std::string_view text) {
    const auto bad = reader_.read({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, request);
    return std::string(bad ? name_of(*bad) : "ok");
  }
  std::string read_json(const Json& json) { return read(json.dump()); }

  Request request;

 private:
  RequestReader reader_{Limits{}};
};

const std::string kIds = R"("info_hash":"ssssssssssssssssssss","peer_id":"pppppppppppppppppppp")";
std::string announce(const std::string& more) { return R"({"action":"announce",)" + kIds + "," + more + "}"; }

TEST_F(WebTorrentRequest, A_full_announce_is_read_field_by_field) {
  EXPECT_EQ(read_json(announce_json(4, 2, {{"event", "started"}, {"left", 0}})), "ok");
  EXPECT_EQ(request.kind, Request::Kind::kAnnounce);
  EXPECT_EQ(std::string(request.peer.begin(), request.peer.end()), peer_text(4));
  EXPECT_EQ(request.event, Event::kStarted);
  EXPECT_TRUE(request.has_all);
  EXPECT_EQ(request.numwant, 2u);
  ASSERT_EQ(request.offer_count, 2u);
  EXPECT_EQ(request.offers[1].id, "p4-1");
  EXPECT_EQ(request.offers[1].sdp_json, R"("v=0\r\ns=-\r\np4-1")");
}

TEST_F(WebTorrentRequest, What_is_no_object_or_no_JSON_is_refused) {
  for (const char* text : {"",
                           " ",
                           "null",
                           "[]",
                           "5",
                           "\"x\"",
                           "{",
                           "}",
                           "{]",
                           "{}{}",
                           "{} x",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{\"action\":\"announce\"",
                           "{'a':1}",
                           "\xff",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\xed\xa0\x80\"}",
                           "{\"a\":\"\x01\"}",
                           "{\"\\x\":1}"}) {
    EXPECT_EQ(read(text), "bad_json") << text;
  }
  EXPECT_EQ(read("{}"), "bad_action");
  EXPECT_EQ(read("{\"action\":null}"), "bad_action");
  EXPECT_EQ(read("{\"action\":{\"a\":[1]}}"), "bad_action");
  EXPECT_EQ(read(std::string(64 * 1024 + 1, ' ')), "message_too_large");
}

TEST_F(WebTorrentRequest, Ids_are_twenty_characters_up_to_U_00FF) {
  const auto with = [](const std::string& hash) {
    return R"({"action":"announce","info_hash":)" + hash + R"(,"peer_id":"pppppppppppppppppppp"})";
  };
  EXPECT_EQ(read(with(R"("0123456789012345678\u00ff")")), "ok");
  EXPECT_EQ(request.info_hash[19], 0xff);
  EXPECT_EQ(read(with("\"0123456789012345678\xc2\x80\"")), "ok");
  EXPECT_EQ(request.info_hash[19], 0x80);
  EXPECT_EQ(read(with(R"("\u0000\"\\\/\b\f\n\r\t0123456789\u00e4")")), "ok");
  EXPECT_EQ(request.info_hash[0], 0);
  EXPECT_EQ(request.info_hash[19], 0xe4);
  for (const char* bad : {R"("0123456789012345678")", R"("012345678901234567890")", R"("0123456789012345678\u0100")",
                          R"("0123456789012345678\ud83d\ude00")", R"("0123456789012345678\ud800")", "\"\"", "null", "7",
                          "[]", "{}", "\"0123456789012345678\xe2\x82\xac\""}) {
    EXPECT_EQ(read(with(bad)), "bad_info_hash") << bad;
  }
  EXPECT_EQ(read(R"({"action":"announce","info_hash":"ssssssssssssssssssss"})"), "bad_peer_id");
}

TEST_F(WebTorrentRequest, Of_keys_given_twice_the_last_counts) {
  EXPECT_EQ(read(R"({"action":"scrape",)" + kIds + R"(,"event":"stopped","event":null,"action":"announce"})"), "ok");
  EXPECT_EQ(request.kind, Request::Kind::kAnnounce);
  EXPECT_EQ(request.event, Event::kUpdate);
  EXPECT_EQ(read(announce(R"("offers":[{"offer":{"type":"offer","sdp":"a"},"offer_id":"1"}],"offers":[])")), "ok");
  EXPECT_EQ(request.offer_count, 0u);
  EXPECT_EQ(read(announce(R"("\u0065vent":"stopped")")), "ok");
  EXPECT_EQ(request.event, Event::kStopped);
}

TEST_F(WebTorrentRequest, Events_are_the_five_known_ones_or_none) {
  for (const char* none : {"\"\"", "\"empty\"", "\"update\"", "null", "0", "false"}) {
    EXPECT_EQ(read(announce(std::string("\"event\":") + none)), "ok") << none;
    EXPECT_EQ(request.event, Event::kUpdate);
  }
  EXPECT_EQ(read(announce("\"event\":\"paused\"")), "ok");
  EXPECT_EQ(request.event, Event::kPaused);
  for (const char* bad : {"\"Started\"", "1", "true", "[]", "{}", "\"constructor\""}) {
    EXPECT_EQ(read(announce(std::string("\"event\":") + bad)), "bad_event") << bad;
    EXPECT_TRUE(request.has_info_hash);
  }
}

TEST_F(WebTorrentRequest, Left_makes_complete_only_as_the_number_0) {
  for (const char* left : {"0", "0.0", "-0", "0e9", "1e-999"}) {
    EXPECT_EQ(read(announce(std::string("\"left\":") + left)), "ok") << left;
    EXPECT_TRUE(request.has_all) << left;
  }
  for (const char* left : {"1", "null", "\"0\"", "false", "[]", "-1", "99999999999999999999999999", "0.001"}) {
    EXPECT_EQ(read(announce(std::string("\"left\":") + left)), "ok") << left;
    EXPECT_FALSE(request.has_all) << left;
  }
}

TEST_F(WebTorrentRequest, Numwant_limits_only_as_a_whole_number) {
  EXPECT_EQ(read(announce("\"numwant\":3")), "ok");
  EXPECT_EQ(request.numwant, 3u);
  EXPECT_EQ(read(announce("\"numwant\":0")), "ok");
  EXPECT_EQ(request.numwant, 0u);
  for (const char* other : {"-1", "2.5", "\"3\"", "null", "1e400", "{}"}) {
    EXPECT_EQ(read(announce(std::string("\"numwant\":") + other)), "ok") << other;
    EXPECT_EQ(request.numwant, Request::kNoNumwant) << other;
  }
}

TEST_F(WebTorrentRequest, A_bad_offer_spoils_itself_only) {
  const std::string good = R"({"offer":{"type":"offer","sdp":"a"},"offer_id":"good"})";
  const std::string long_sdp(8 * 1024 - 1, 'x');
  for (const std::string& bad :
       {std::string("null"), std::string("5"), std::string("[]"), std::string("{}"),
        std::string(R"({"offer":{"type":"offer","sdp":"a"}})"), std::string(R"({"offer_id":"1"})"),
        std::string(R"({"offer":"sdp","offer_id":"1"})"), std::string(R"({"offer":{"sdp":"a"},"offer_id":"1"})"),
        std::string(R"({"offer":{"type":"answer","sdp":"a"},"offer_id":"1"})"),
        std::string(R"({"offer":{"type":"offer","sdp":5},"offer_id":"1"})"),
        std::string(R"({"offer":{"type":"offer","sdp":"\x"},"offer_id":"1"})"),
        std::string(R"({"offer":{"type":"offer","sdp":"\u12g4"},"offer_id":"1"})"),
        std::string(R"({"offer":{"type":"offer","sdp":"a"},"offer_id":7})"),
        R"({"offer":{"type":"offer","sdp":"a"},"offer_id":")" + std::string(41, 'i') + "\"}",
        R"({"offer":{"type":"offer","sdp":")" + long_sdp + R"("},"offer_id":"1"})"}) {
    EXPECT_EQ(read(announce("\"offers\":[" + bad + "," + good + "]")), "ok") << bad;
    ASSERT_EQ(request.offer_count, 1u) << bad;
    EXPECT_EQ(request.offers[0].id, "good");
    EXPECT_EQ(request.offers_bad, 1u);
  }
  for (const char* none : {"null", "5", "\"abc\"", "{}"}) {
    EXPECT_EQ(read(announce(std::string("\"offers\":") + none)), "ok");
    EXPECT_EQ(request.offer_count, 0u);
  }
}

TEST_F(WebTorrentRequest, Only_type_and_sdp_of_an_offer_are_taken) {
  EXPECT_EQ(read(announce(R"("offers":[{"more":[[{}]],"offer":{"sdp" : "a" , "x":{"y":[]},"type":"offer"},)"
                          R"("offer_id":"1"}])")),
            "ok");
  ASSERT_EQ(request.offer_count, 1u);
  EXPECT_EQ(request.offers[0].sdp_json, "\"a\"");
}

TEST_F(WebTorrentRequest, An_answer_names_whom_it_answers) {
  const std::string answer = R"("answer":{"type":"answer","sdp":"a"},"offer_id":"o")";
  EXPECT_EQ(read(announce(answer + R"(,"to_peer_id":"qqqqqqqqqqqqqqqqqqqq")")), "ok");
  EXPECT_EQ(request.kind, Request::Kind::kAnswer);
  EXPECT_EQ(request.answer.id, "o");
  EXPECT_EQ(request.answer.sdp_json, "\"a\"");
  EXPECT_EQ(read(announce(answer)), "bad_to_peer_id");
  EXPECT_EQ(read(announce(answer + R"(,"to_peer_id":"short")")), "bad_to_peer_id");
  const std::string to = R"(,"to_peer_id":"qqqqqqqqqqqqqqqqqqqq")";
  for (const char* bad :
       {"5", "\"sdp\"", "[]", "{}", R"({"type":"offer","sdp":"a"})", R"({"type":"answer","sdp":1})"}) {
    EXPECT_EQ(read(announce(std::string("\"answer\":") + bad + to)), "bad_answer") << bad;
  }
  for (const char* none : {"null", "0", "\"\"", "false"}) {
    EXPECT_EQ(read(announce(std::string("\"answer\":") + none)), "ok");
    EXPECT_EQ(request.kind, Request::Kind::kAnnounce) << none;
  }
}

TEST_F(WebTorrentRequest, Deep_nesting_costs_no_stack) {
  const std::string deep = std::string(30'000, '[') + std::string(30'000, ']');
  EXPECT_EQ(read(announce("\"other\":" + deep)), "ok");
  EXPECT_EQ(read(announce("\"offers\":" + deep)), "ok");
  EXPECT_EQ(read(announce("\"offers\":[{\"offer\":" + std::string(30'000, '['))), "bad_json");
  EXPECT_EQ(read(std::string(60'000, '{')), "bad_json");
}

TEST_F(WebTorrentRequest, A_JSON_string_is_told_from_what_only_looks_like_one) {
  for (const char* good : {R"("")", R"("a")", R"("\"")", R"("\\")", R"("abcdefgh\r\nabcdefgh\u00e4")",
                           R"("\ud83d\uDE00")", "\"\xc3\xa4\""}) {
    EXPECT_TRUE(is_json_string(good)) << good;
  }
  for (const char* bad : {"", "\"", "a", R"("a)", R"("\")", R"("a"b")", R"("\u12")", R"("\u-123")", R"("\ud83d")",
                          R"("\ude00")", R"("\ud83d\u0041")", R"("\ud83dabcdefgh")", R"("\u123)", R"("\a")", "\"a\nb\"",
                          R"("12345678"12345678")", "\"12345678\x1f\""}) {
    EXPECT_FALSE(is_json_string(bad)) << bad;
  }
  const std::string_view with_zero("\"\\\0\"", 4);
  EXPECT_FALSE(is_json_string(with_zero));
}

/// Fifty thousand damaged messages. Whatever the reader accepts holds its promise: every sdp is a JSON string, and what
/// it refuses as JSON is never what a stricter reader understands.
TEST_F(WebTorrentRequest, Mutations_are_read_or_refused_and_never_passed_on_broken) {
  const Json offer = {{"info_hash", swarm_text()}, {"peer_id", peer_text(9)}, {"offer_id", "id\u00e4\n"}};
  const std::vector<std::string> seeds = {
      announce_json(4, 3, {{"event", "started"}, {"left", nullptr}}).dump(),
      answer_json(3, offer).dump(),
      Json{{"action", "scrape"}, {"info_hash", {swarm_text(1), swarm_text(2)}}}.dump(),
      announce(R"("offers":[{"offer":{"type":"offer","sdp":"\u00e4\ud83d\ude00\"\\"},"offer_id":"\u0000\u007f"}])"),
  };
  const std::string alphabet = "\"\\{}[]:,0u\xff\xc3\x80\x01 ntru";
  Dice dice(20261124);
  int understood = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = seeds[dice.below(4)];
    for (uint32_t edits = 1 + dice.below(2); edits > 0 && !text.empty(); --edits) {
      const uint32_t at = dice.below(static_cast<uint32_t>(text.size()));
      switch (dice.below(5)) {
        case 0:
          text[at] = static_cast<char>(dice.below(256));
          break;
        case 1:
          text[at] = alphabet[dice.below(static_cast<uint32_t>(alphabet.size()))];
          break;
        case 2:
          text.erase(at, 1 + dice.below(30));
          break;
        case 3:
          text.insert(at, 1, alphabet[dice.below(static_cast<uint32_t>(alphabet.size()))]);
          break;
        default:
          text.insert(at, text.substr(dice.below(static_cast<uint32_t>(text.size())), dice.below(60)));
      }
    }
    const std::string verdict = read(text);
    if (verdict == "bad_json") {
      const Json strict = Json::parse(text, nullptr, false);
      ASSERT_TRUE(strict.is_discarded() || !strict.is_object()) << text;
    }
    if (verdict != "ok") continue;
    ++understood;
    for (size_t i = 0; i < request.offer_count; ++i) {
      ASSERT_TRUE(Json::accept(request.offers[i].sdp_json)) << text;
      ASSERT_LE(request.offers[i].id.size(), kOfferIdBytesMax);
    }
    if (request.kind == Request::Kind::kAnswer) {
      ASSERT_TRUE(Json::accept(request.answer.sdp_json)) << text;
    }
  }
  EXPECT_GT(understood, 5'000) << "mutations that break everything test little";
  EXPECT_LT(understood, 45'000);
}

}  // namespace
}  // namespace bazaar::tracker::webtorrent
