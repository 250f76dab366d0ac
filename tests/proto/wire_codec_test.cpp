#include "wire_codec.hpp"

#include <gtest/gtest.h>
#include <trireme/test/v1/echo.pb.h>
#include <trireme/wire/v1/wire.pb.h>

#include <string>
#include <vector>

#include "json_member.hpp"
#include "wire_frame.hpp"

namespace {

using namespace trireme::proto;
using namespace trireme::proto::wire;
using trireme::test::v1::Text;
using trireme::wire::v1::Frame;

std::string binary(const Frame& frame) { return frame.SerializeAsString(); }

Frame parsed(std::string_view bytes) {
  Frame frame;
  EXPECT_TRUE(frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return frame;
}

wire_error error_of(std::string_view bytes, encoding form) {
  frame out;
  return decode(bytes, form, out);
}

Text said(std::string text) {
  Text message;
  message.set_text(std::move(text));
  return message;
}

TEST(WireCodec, WritesABinaryMessageAsProtobufWouldWithThePayloadLast) {
  for (const std::size_t size : {0u, 1u, 100u, 127u, 128u, 1000u, 1023u, 1024u, 100'000u}) {
    for (const std::uint32_t call : {1u, 127u, 128u, 4'294'967'295u}) {
      const Text message = said(std::string(size, 'x'));
      Frame expected;
      expected.set_call(call);
      expected.mutable_message();
      expected.set_payload(message.SerializeAsString());
      frame_buffer buffer;
      write_message(buffer, encoding::protobuf, call, message);
      Frame seen = parsed(buffer.view());
      EXPECT_EQ(seen.SerializeAsString(), expected.SerializeAsString());
      if (size > 0) {
        EXPECT_EQ(buffer.view(), expected.SerializeAsString());
      }
    }
  }
}

TEST(WireCodec, WritesATextMessageInline) {
  frame_buffer buffer;
  write_message(buffer, encoding::json, 7, said("\"hi\" ü"));
  EXPECT_EQ(buffer.view(), R"({"call":7,"message":{},"json":{"text":"\"hi\" ü"}})");
}

TEST(WireCodec, WritesATopicMessageUnderTheTopicInBothForms) {
  std::string text;
  write_topic_message(text, encoding::json, 9, said("a"));
  EXPECT_EQ(text, R"({"topic":9,"message":{},"json":{"text":"a"}})");
  std::string bytes;
  write_topic_message(bytes, encoding::protobuf, 300, said("a"));
  const Frame seen = parsed(bytes);
  EXPECT_EQ(seen.call(), 0u);
  EXPECT_EQ(seen.topic(), 300u);
  EXPECT_TRUE(seen.has_message());
  EXPECT_EQ(seen.payload(), said("a").SerializeAsString());
}

TEST(WireCodec, WritesControlFramesInBothForms) {
  Frame frame;
  frame.set_call(3);
  frame.mutable_status()->set_code(5);
  frame.mutable_status()->set_message("no such room");
  (*frame.mutable_status()->mutable_metadata())["a"] = "b";
  frame_buffer text;
  write_control(text, encoding::json, frame);
  EXPECT_EQ(text.view(), R"({"call":3,"status":{"code":5,"message":"no such room","metadata":{"a":"b"}}})");
  frame_buffer bytes;
  write_control(bytes, encoding::protobuf, frame);
  EXPECT_EQ(parsed(bytes.view()).SerializeAsString(), frame.SerializeAsString());
}

TEST(WireCodec, ReadsAllKindsOfABinaryFrame) {
  Frame sent;
  sent.set_call(5);
  sent.mutable_open()->set_method("/a/B");
  sent.mutable_open()->set_timeout_ms(20);
  sent.mutable_open()->set_complete(true);
  (*sent.mutable_open()->mutable_metadata())["k"] = "v";
  sent.set_payload("bytes");
  const std::string bytes = binary(sent);
  frame open;
  ASSERT_EQ(decode(bytes, encoding::protobuf, open), wire_error::none);
  EXPECT_EQ(open.kind, frame_kind::open);
  EXPECT_EQ(open.call, 5u);
  EXPECT_EQ(open.open->SerializeAsString(), sent.open().SerializeAsString());
  EXPECT_EQ(open.message, "bytes");
  EXPECT_EQ(open.message->data() + 5, bytes.data() + bytes.size()) << "a slice of what was received";

  sent.mutable_credit()->set_messages(4'294'967'295u);
  sent.clear_payload();
  frame credit;
  ASSERT_EQ(decode(binary(sent), encoding::protobuf, credit), wire_error::none);
  EXPECT_EQ(credit.credit, 4'294'967'295u);
  EXPECT_FALSE(credit.message);

  sent.mutable_subscribed()->set_topic(8);
  frame subscribed;
  ASSERT_EQ(decode(binary(sent), encoding::protobuf, subscribed), wire_error::none);
  EXPECT_EQ(subscribed.subscribed, 8u);
}

TEST(WireCodec, ReadsATextFrameWithoutTouchingItsMessage) {
  const std::string text =
      R"( { "call" : 7 , "json" : {"limit": 9007199254740993 , "a":[1,"]}\\\""]}  , "message" : {} } )";
  frame out;
  ASSERT_EQ(decode(text, encoding::json, out), wire_error::none);
  EXPECT_EQ(out.kind, frame_kind::message);
  EXPECT_EQ(out.call, 7u);
  EXPECT_EQ(out.message, R"({"limit": 9007199254740993 , "a":[1,"]}\\\""]})");
}

TEST(WireCodec, ReadsTextNamesInBothSpellingsAndPassesOverUnknownOnes) {
  frame camel;
  ASSERT_EQ(decode(R"({"call":1,"halfClose":{},"later":[1]})", encoding::json, camel), wire_error::none);
  EXPECT_EQ(camel.kind, frame_kind::half_close);
  frame snake;
  ASSERT_EQ(decode(R"({"call":1,"open":{"method":"/a/B","timeout_ms":5}})", encoding::json, snake),
            wire_error::none);
  EXPECT_EQ(snake.open->timeout_ms(), 5u);
}

TEST(WireCodec, ReadsNestingOfAnyDepthInTheMessage) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  frame out;
  ASSERT_EQ(decode(R"({"call":1,"message":{},"json":)" + deep + "}", encoding::json, out), wire_error::none);
  const std::string bad = R"({"call":1,"message":)" + deep + "}";
  EXPECT_EQ(error_of(bad, encoding::json), wire_error::not_json);
}

TEST(WireCodec, PassesOverUnknownBinaryFields) {
  Frame sent;
  sent.set_call(1);
  sent.mutable_cancel();
  std::string bytes = "\xa0\x06\x05" + binary(sent);  // field 100, a varint
  bytes += std::string("\xaa\x06\x01x", 4);           // field 101, a string
  bytes += std::string("\xa5\x06", 2) + "1234";       // field 100, of four bytes
  bytes += std::string("\xa1\x06", 2) + "12345678";   // and of eight
  frame out;
  EXPECT_EQ(decode(bytes, encoding::protobuf, out), wire_error::none);
  EXPECT_EQ(out.kind, frame_kind::cancel);
}

struct bad_frame {
  std::string what;
  std::string bytes;
  wire_error error;
};

TEST(WireCodec, RejectsMalformedBinaryFrames) {
  Frame two;
  two.mutable_cancel();
  Frame good;
  good.set_call(1);
  good.mutable_message();
  Frame payload;
  payload.set_payload("x");
  Frame json;
  json.mutable_message();
  json.mutable_json()->set_bool_value(true);
  const std::vector<bad_frame> table{
      {"nothing", "", wire_error::no_kind},
      {"no kind", "\x08\x01", wire_error::no_kind},
      {"a cut varint", "\x08", wire_error::not_protobuf},
      {"a cut length", "\x2a\x05", wire_error::not_protobuf},
      {"a negative length", "\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", wire_error::not_protobuf},
      {"a tag of six bytes", "\xa0\x86\x80\x80\x80\x01\x05" + binary(good), wire_error::not_protobuf},
      {"a cut fixed field", binary(good) + "\xa5\x06\x01", wire_error::not_protobuf},
      {"a whole group", "\xa3\x06\xa4\x06" + binary(good), wire_error::not_protobuf},
      {"field 0", std::string("\x00\x01", 2), wire_error::not_protobuf},
      {"a tag of too many bytes", std::string(11, '\xff'), wire_error::not_protobuf},
      {"call as a string", "\x0a\x01x", wire_error::not_protobuf},
      {"message as a varint", "\x28\x01", wire_error::not_protobuf},
      {"payload as a varint", binary(good) + "\x78\x01", wire_error::not_protobuf},
      {"a group that ends alone", binary(good) + "\xa4\x06", wire_error::not_protobuf},
      {"a group", binary(good) + "\xa3\x06", wire_error::not_protobuf},
      {"a call of 33 bits", "\x08\x80\x80\x80\x80\x10\x2a" + std::string(1, '\0'),
       wire_error::number_too_large},
      {"two kinds", binary(good) + binary(two), wire_error::two_kinds},
      {"one kind twice", binary(good) + binary(good), wire_error::two_kinds},
      {"payload first", binary(payload) + binary(good), wire_error::payload_not_last},
      {"two payloads", binary(good) + binary(payload) + binary(payload), wire_error::payload_not_last},
      {"json", binary(json), wire_error::json_in_binary},
      {"a method that is not UTF-8", std::string("\x22\x03\x0a\x01\xff"), wire_error::not_protobuf},
      {"garbage inside a message", std::string("\x2a\x01\x08"), wire_error::not_protobuf},
      {"garbage", "GET / HTTP/1.1\r\n", wire_error::not_protobuf},
  };
  for (const bad_frame& bad : table)
    EXPECT_EQ(error_of(bad.bytes, encoding::protobuf), bad.error) << bad.what;
}

TEST(WireCodec, RejectsMalformedTextFrames) {
  const std::vector<bad_frame> table{
      {"nothing", "", wire_error::not_json},
      {"blanks", "  ", wire_error::not_json},
      {"no object", "[]", wire_error::not_json},
      {"a number", "1", wire_error::not_json},
      {"an empty object", "{}", wire_error::no_kind},
      {"no kind", R"({"call":1})", wire_error::no_kind},
      {"null kind", R"({"call":1,"message":null})", wire_error::no_kind},
      {"cut", R"({"call":1,"message":{})", wire_error::not_json},
      {"cut in a string", R"({"call":1,"mess)", wire_error::not_json},
      {"cut in an escape", R"({"call":1,"mess\)", wire_error::not_json},
      {"something after", R"({"call":1,"message":{}} {})", wire_error::not_json},
      {"no colon", R"({"call" 1})", wire_error::not_json},
      {"no value", R"({"json":,"call":1,"message":{}})", wire_error::not_json},
      {"a comma too many", R"({"call":1,"message":{},})", wire_error::not_json},
      {"single quotes", R"({'call':1,"message":{}})", wire_error::not_json},
      {"single quotes that hide", R"({"call":1,"message":{},"json":{"a":'}'}})", wire_error::not_json},
      {"bare names", R"({call:1,"message":{}})", wire_error::not_json},
      {"brackets the wrong way round", R"({"call":1,"message":}{})", wire_error::not_json},
      {"call as text", R"({"call":"one","message":{}})", wire_error::not_json},
      {"a negative call", R"({"call":-1,"message":{}})", wire_error::not_json},
      {"a call of 33 bits", R"({"call":4294967296,"message":{}})", wire_error::not_json},
      {"two kinds", R"({"call":1,"message":{},"cancel":{}})", wire_error::not_json},
      {"two messages", R"({"call":1,"message":{},"json":1,"json":2})", wire_error::two_messages},
      {"a payload", R"({"call":1,"message":{},"payload":"eA=="})", wire_error::payload_in_text},
      {"an escaped name", R"({"call":1,"message":{},"\u006ason":1})", wire_error::not_json},
      {"a message that is no object", R"({"call":1,"message":3})", wire_error::not_json},
  };
  for (const bad_frame& bad : table) EXPECT_EQ(error_of(bad.bytes, encoding::json), bad.error) << bad.what;
}

TEST(WireCodec, HasATextForEveryError) {
  for (int number = 0; number <= static_cast<int>(wire_error::number_too_large); ++number) {
    EXPECT_STRNE(text_of(static_cast<wire_error>(number)), "unknown error");
  }
}

TEST(JsonMember, FindsOnlyTheOutermostMember) {
  const std::string_view text = R"({"a":{"json":1},"json":"x,}","b":[{"json":2}]})";
  const json_member found = find_member(text, "json");
  ASSERT_EQ(found.result, json_member::outcome::found);
  EXPECT_EQ(text.substr(found.begin, found.end - found.begin), R"("x,}")");
  EXPECT_EQ(find_member(text, "c").result, json_member::outcome::absent);
  EXPECT_EQ(find_member("{}", "c").result, json_member::outcome::absent);
}

}  // namespace
