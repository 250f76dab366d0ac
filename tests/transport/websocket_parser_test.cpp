#include <trireme/transport/websocket/parser.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace trireme::transport::websocket {
namespace {

using namespace std::string_literals;

constexpr mask_key key{0x37, static_cast<char>(0xfa), 0x21, 0x3d};

std::string frame(opcode kind, std::string_view payload, bool fin = true) {
  std::string out;
  append_masked_frame(out, kind, fin, payload, key);
  return out;
}

std::string server_frame(opcode kind, std::string_view payload, bool fin = true) {
  std::string out;
  append_frame(out, kind, fin, payload);
  return out;
}

// Collects events as a connection would: keeps what is not consumed, joins the pieces of a message.
class receiver {
public:
  explicit receiver(role self, frame_limits limits = {}) : limits_(limits), parser_(self, limits_) {}

  void receive(std::string_view bytes) {
    kept_ += bytes;
    while (step()) {
    }
  }

  std::vector<std::string> log;
  std::size_t need = 0;
  int pieces = 0;

private:
  bool step() {
    // A block of just its size, so that ASan sees a read past the end.
    const std::unique_ptr<char[]> exact(new char[kept_.size() + 1]);
    kept_.copy(exact.get(), kept_.size());
    const event found = parser_.next({exact.get(), kept_.size()});
    note(found);
    kept_.erase(0, found.consumed);
    return found.kind != event_kind::need_more && found.kind != event_kind::error;
  }

  void note(const event& found) {
    const std::string text(found.text());
    switch (found.kind) {
      case event_kind::need_more:
        need = found.need;
        EXPECT_GT(need, kept_.size() - found.consumed);
        break;
      case event_kind::data:
        note_data(found, text);
        break;
      case event_kind::ping:
        log.push_back("ping " + text);
        break;
      case event_kind::pong:
        log.push_back("pong " + text);
        break;
      case event_kind::close:
        log.push_back("close " + std::to_string(int(found.code)) + " " + text);
        break;
      case event_kind::error:
        log.push_back(make_error_code(found.error).message());
        break;
    }
  }

  void note_data(const event& found, const std::string& text) {
    ++pieces;
    EXPECT_EQ(found.begins, !open_);
    message_ += text;
    open_ = !found.ends;
    if (!found.ends) return;
    log.push_back((found.type == opcode::text ? "text " : "binary ") + message_);
    message_.clear();
  }

  frame_limits limits_;
  parser parser_;
  std::string kept_;
  std::string message_;
  bool open_ = false;
};

using events = std::vector<std::string>;

events parse(role self, std::string_view bytes, const frame_limits& limits = {}) {
  receiver peer(self, limits);
  peer.receive(bytes);
  return peer.log;
}

struct sample {
  role self;
  std::string bytes;
  events expected;
};

// The examples of RFC 6455 §5.7, and mixtures.
std::vector<sample> samples() {
  const std::string long_text(300, 'a');
  const std::string huge(70000, 'b');
  return {
      {role::client, "\x81\x05Hello", {"text Hello"}},
      {role::server, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", {"text Hello"}},
      {role::client, "\x01\x03Hel\x80\x02lo", {"text Hello"}},
      {role::client, "\x89\x05Hello", {"ping Hello"}},
      {role::server, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", {"pong Hello"}},
      {role::client, "\x82\x7e\x01\x00"s + std::string(256, 'x'), {"binary " + std::string(256, 'x')}},
      {role::client,
       "\x82\x7f\0\0\0\0\0\x01\0\0"s + std::string(65536, 'y'),
       {"binary " + std::string(65536, 'y')}},
      {role::server,
       frame(opcode::text, "a \xc3", false) + frame(opcode::ping, "p") +
           frame(opcode::continuation, "", false) + frame(opcode::continuation, "\xa9 z") +
           frame(opcode::binary, "\xff\0"s) + frame(opcode::text, ""),
       {"ping p", "text a \xc3\xa9 z", "binary \xff\0"s, "text "}},
      {role::server,
       frame(opcode::text, long_text) + frame(opcode::binary, huge) + frame(opcode::close, ""),
       {"text " + long_text, "binary " + huge, "close 1005 "}},
      {role::server, frame(opcode::close, "\x03\xe8\xc3\xa9") + "ignored", {"close 1000 \xc3\xa9"}},
      {role::client, server_frame(opcode::close, "\x0f\xa0"), {"close 4000 "}},
      {role::server, frame(opcode::ping, std::string(125, 'p')), {"ping " + std::string(125, 'p')}},
  };
}

TEST(WebSocketParser, ParsesTheExamplesOfTheRfcAndMixtures) {
  for (const sample& s : samples()) EXPECT_EQ(parse(s.self, s.bytes), s.expected);
}

TEST(WebSocketParser, FindsTheSameEventsHoweverTheBytesAreSplit) {
  for (const sample& s : samples()) {
    const std::size_t stride = s.bytes.size() > 2000 ? s.bytes.size() / 50 : 1;
    for (std::size_t cut = 0; cut < s.bytes.size(); cut += cut < 20 ? 1 : stride) {
      receiver peer(s.self);
      peer.receive(std::string_view(s.bytes).substr(0, cut));
      peer.receive(std::string_view(s.bytes).substr(cut));
      EXPECT_EQ(peer.log, s.expected) << cut;
    }
  }
}

TEST(WebSocketParser, FindsTheSameEventsByteByByteAndWhenItStreamsEverything) {
  for (const sample& s : samples()) {
    if (s.bytes.size() > 2000) continue;
    receiver peer(s.self, frame_limits(1000000, 0));
    for (const char& c : s.bytes) peer.receive({&c, 1});
    EXPECT_EQ(peer.log.front(), s.expected.front());
    EXPECT_EQ(peer.log, s.expected);
  }
}

TEST(WebSocketParser, DeliversAWholeMessageInPlace) {
  std::string bytes = frame(opcode::text, "in place");
  const frame_limits limits;
  parser server(role::server, limits);
  const event found = server.next(bytes);
  EXPECT_TRUE(found.whole_message());
  EXPECT_EQ(found.payload.data(), bytes.data() + 6);
  EXPECT_EQ(found.consumed, bytes.size());
}

TEST(WebSocketParser, TellsHowManyBytesItNeeds) {
  const std::string bytes = frame(opcode::text, std::string(200, 'a'));
  receiver peer(role::server);
  std::vector<std::size_t> needs;
  for (const std::size_t size : {0, 1, 2, 4, 8, 100}) {
    receiver fresh(role::server);
    fresh.receive(std::string_view(bytes).substr(0, size));
    needs.push_back(fresh.need);
  }
  EXPECT_EQ(needs, (std::vector<std::size_t>{2, 2, 8, 8, 208, 208}));
}

TEST(WebSocketParser, StreamsAFrameLongerThanItWaitsFor) {
  const std::string bytes = frame(opcode::binary, std::string(2000, 'a'));
  receiver peer(role::server);
  for (std::size_t at = 0; at < bytes.size(); at += 500)
    peer.receive(std::string_view(bytes).substr(at, 500));
  EXPECT_EQ(peer.pieces, 5);
  EXPECT_EQ(peer.log, events{"binary " + std::string(2000, 'a')});
}

struct bad_sample {
  websocket_error error;
  role self;
  std::string bytes;
};

std::vector<bad_sample> bad_samples() {
  const auto with_first = [](char first) { return std::string(1, first) + "\x80mask"; };
  std::vector<bad_sample> bad{
      {websocket_error::reserved_bits, role::server, with_first('\xc1')},
      {websocket_error::reserved_bits, role::server, with_first('\xa1')},
      {websocket_error::reserved_bits, role::server, with_first('\x91')},
      {websocket_error::fragmented_control, role::server, frame(opcode::ping, "", false)},
      {websocket_error::fragmented_control, role::server, frame(opcode::close, "", false)},
      {websocket_error::control_too_long, role::server, frame(opcode::ping, std::string(126, 'a'))},
      {websocket_error::control_too_long, role::client, server_frame(opcode::close, std::string(70000, 'a'))},
      {websocket_error::unexpected_continuation, role::server, frame(opcode::continuation, "")},
      {websocket_error::unexpected_continuation, role::server,
       frame(opcode::text, "", false) + frame(opcode::continuation, "") + frame(opcode::continuation, "")},
      {websocket_error::interrupted_message, role::server,
       frame(opcode::text, "", false) + frame(opcode::text, "")},
      {websocket_error::interrupted_message, role::server,
       frame(opcode::text, "", false) + frame(opcode::binary, "")},
      {websocket_error::unmasked_frame, role::server, server_frame(opcode::text, "a")},
      {websocket_error::masked_frame, role::client, frame(opcode::text, "a")},
      {websocket_error::length_not_minimal, role::client, "\x81\x7e\x00\x7d"s},
      {websocket_error::length_not_minimal, role::client, "\x81\x7f\0\0\0\0\0\0\xff\xff"s},
      {websocket_error::length_too_large, role::client, "\x81\x7f\x80\0\0\0\0\0\0\0"s},
      {websocket_error::invalid_close_payload, role::server, frame(opcode::close, "\x03")},
      {websocket_error::invalid_utf8, role::server, frame(opcode::text, "\xff")},
      {websocket_error::invalid_utf8, role::client,
       server_frame(opcode::text, "long enough for sixteen \xc3")},
      {websocket_error::invalid_utf8, role::server,
       frame(opcode::text, "\xc3", false) + frame(opcode::continuation, "")},
      {websocket_error::invalid_utf8, role::server,
       frame(opcode::text, "\xc3", false) + frame(opcode::continuation, "a")},
      {websocket_error::invalid_utf8, role::server, frame(opcode::close, "\x03\xe8\xc3")},
      {websocket_error::message_too_big, role::client, "\x81\x7f\0\0\0\0\0\x10\0\x01"s},
      {websocket_error::message_too_big, role::client, "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"s},
  };
  for (const int code : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
    bad.push_back(
        {websocket_error::reserved_opcode, role::server, with_first(static_cast<char>(0x80 | code))});
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999, 5000, 65535})
    bad.push_back(
        {websocket_error::invalid_close_code, role::server,
         frame(opcode::close, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)})});
  return bad;
}

TEST(WebSocketParser, RejectsEveryViolationWhereverTheBytesAreSplit) {
  for (const bad_sample& s : bad_samples()) {
    const std::string expected = make_error_code(s.error).message();
    EXPECT_EQ(parse(s.self, s.bytes).back(), expected);
    for (std::size_t cut = 0; cut < std::min<std::size_t>(s.bytes.size(), 40); ++cut) {
      receiver peer(s.self);
      peer.receive(std::string_view(s.bytes).substr(0, cut));
      if (peer.log.empty() || peer.log.back() != expected)
        peer.receive(std::string_view(s.bytes).substr(cut));
      EXPECT_EQ(peer.log, parse(s.self, s.bytes)) << cut;
    }
  }
}

TEST(WebSocketParser, StaysBrokenAfterAnError) {
  receiver peer(role::server);
  peer.receive("\xff");
  peer.receive(frame(opcode::text, "a"));
  EXPECT_EQ(peer.log, (events{"reserved bits are set", "reserved bits are set"}));
}

TEST(WebSocketParser, SwallowsWhateverFollowsAClose) {
  receiver peer(role::server);
  peer.receive(frame(opcode::close, "\x03\xe8") + "\xff\xff");
  peer.receive(frame(opcode::text, "a"));
  EXPECT_EQ(peer.log, events{"close 1000 "});
}

TEST(WebSocketParser, BoundsAMessageOverAllItsFragments) {
  const frame_limits limits(10);
  const std::string five(5, 'a');
  const std::string begun = frame(opcode::text, five, false);
  EXPECT_EQ(parse(role::server, begun + frame(opcode::continuation, five) + frame(opcode::text, five + five),
                  limits),
            (events{"text aaaaaaaaaa", "text aaaaaaaaaa"}));
  EXPECT_EQ(parse(role::server, begun + frame(opcode::continuation, "aaaaaa"), limits),
            events{"message too big"});
  EXPECT_EQ(parse(role::server, frame(opcode::ping, std::string(20, 'p')), limits),
            events{"ping " + std::string(20, 'p')});
}

TEST(WebSocketParser, FailsALongTextAtItsFirstWrongByte) {
  std::string bytes = frame(opcode::text, std::string(5000, '\xff'));
  receiver peer(role::server);
  peer.receive(std::string_view(bytes).substr(0, 100));
  EXPECT_EQ(peer.log, events{"text is not UTF-8"});
}

TEST(WebSocketFrame, MasksEverySizeAtEveryOffset) {
  for (std::size_t size = 0; size < 150; ++size) {
    for (std::uint64_t offset = 0; offset < 5; ++offset) {
      std::string data(size, 'a');
      std::string expected = data;
      for (std::size_t i = 0; i < size; ++i)
        expected[i] = static_cast<char>(expected[i] ^ key[(offset + i) % 4]);
      apply_mask(data.data(), size, key, offset);
      EXPECT_EQ(data, expected);
      EXPECT_TRUE(apply_mask(data.data(), size, key, offset));
      EXPECT_EQ(data, std::string(size, 'a'));
    }
  }
}

TEST(WebSocketFrame, SeesANonAsciiByteAtEveryPlace) {
  for (std::size_t size = 1; size < 100; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      std::string data(size, 'a');
      data[place] = '\x80';
      apply_mask(data.data(), size, key);
      EXPECT_FALSE(apply_mask(data.data(), size, key)) << size << ' ' << place;
    }
  }
}

TEST(WebSocketFrame, WritesTheShortestHeader) {
  EXPECT_EQ(make_frame_header(opcode::text, 5).view(), "\x81\x05");
  EXPECT_EQ(make_frame_header(opcode::continuation, 125, false).view(), "\x00\x7d"s);
  EXPECT_EQ(make_frame_header(opcode::binary, 126).view(), "\x82\x7e\x00\x7e"s);
  EXPECT_EQ(make_frame_header(opcode::binary, 65535).view(), "\x82\x7e\xff\xff");
  EXPECT_EQ(make_frame_header(opcode::binary, 65536).view(), "\x82\x7f\0\0\0\0\0\x01\0\0"s);
  EXPECT_EQ(make_masked_frame_header(opcode::ping, 1, key).view(), "\x89\x81\x37\xfa\x21\x3d");
}

TEST(WebSocketFrame, WritesCloseFrames) {
  std::string out;
  append_close(out, close_code::normal, "bye");
  EXPECT_EQ(out,
            "\x88\x05\x03\xe8"
            "bye");
  EXPECT_EQ(close_payload(close_code::no_status, "x").view(), "");
}

TEST(WebSocketFrame, CutsACloseReasonBetweenCodePoints) {
  const std::string reason = std::string(122, 'a') + "\xc3\xa9";
  EXPECT_EQ(close_payload(close_code::normal, reason).view().substr(2), std::string(122, 'a'));
  EXPECT_EQ(close_payload(close_code::normal, std::string(123, 'b')).view().size(), 125u);
}

TEST(WebSocketErrors, HaveATextAndACloseCodeEach) {
  std::set<std::string> texts;
  for (int value = 1; value <= static_cast<int>(websocket_error::message_too_big); ++value) {
    texts.insert(make_error_code(static_cast<websocket_error>(value)).message());
    EXPECT_TRUE(may_be_sent(static_cast<std::uint16_t>(close_code_of(static_cast<websocket_error>(value)))));
  }
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(websocket_error::message_too_big));
  EXPECT_EQ(close_code_of(websocket_error::invalid_utf8), close_code::invalid_payload);
  EXPECT_EQ(close_code_of(websocket_error::message_too_big), close_code::message_too_big);
  EXPECT_EQ(close_code_of(websocket_error::unmasked_frame), close_code::protocol_error);
}

}  // namespace
}  // namespace trireme::transport::websocket
