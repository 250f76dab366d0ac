#include <trireme/proto/codec.hpp>

#include <gtest/gtest.h>
#include <trireme/test/v1/echo.pb.h>

#include <string>

namespace trireme::proto {
namespace {

using test::v1::Text;
using test::v1::Times;

std::string encoded(encoding format, const google::protobuf::Message& message) {
  std::string bytes;
  encode(format, message, bytes);
  return bytes;
}

std::string refusal(encoding format, std::string_view bytes) {
  Text into;
  const status read = decode(format, bytes, into);
  return std::string(name_of(read.code())) + ": " + read.message();
}

TEST(Codec, ReadsWhatItWroteInBothEncodings) {
  Text sent;
  sent.set_text("gr\xc3\xbc\xc3\x9f dich");
  sent.mutable_inner()->set_number(7);
  for (const auto format : {encoding::protobuf, encoding::json}) {
    Text read;
    read.set_text("replaced");
    EXPECT_TRUE(decode(format, encoded(format, sent), read));
    EXPECT_EQ(read.SerializeAsString(), sent.SerializeAsString());
  }
}

TEST(Codec, AppendsToWhatIsThere) {
  Times message;
  message.set_count(3);
  std::string bytes = "data: ";
  encode(encoding::json, message, bytes);
  EXPECT_EQ(bytes, R"(data: {"count":3})");
}

TEST(Codec, IgnoresUnknownFields) {
  Text read;
  EXPECT_TRUE(decode(encoding::json, R"({"text":"a","unknown":[{"deep":1}]})", read));
  EXPECT_EQ(read.text(), "a");
  EXPECT_TRUE(decode(encoding::protobuf, std::string("\x50\x01\x0a\x01g", 5), read));
  EXPECT_EQ(read.text(), "g");
}

TEST(Codec, NamesTheFieldThatMalformedJsonIsAbout) {
  EXPECT_EQ(
      refusal(encoding::json, R"({"inner":{"number":"many"}})").rfind("invalid_argument: inner.number: ", 0),
      0u)
      << refusal(encoding::json, R"({"inner":{"number":"many"}})");
  EXPECT_EQ(refusal(encoding::json, R"({"text":)").rfind("invalid_argument: ", 0), 0u);
  EXPECT_EQ(refusal(encoding::json, "").rfind("invalid_argument: ", 0), 0u);
  EXPECT_EQ(refusal(encoding::json, "[]").rfind("invalid_argument: ", 0), 0u);
}

TEST(Codec, NamesTheFieldThatMalformedProtobufIsAbout) {
  const std::string type = "malformed trireme.test.v1.Text";
  EXPECT_EQ(refusal(encoding::protobuf,
                    "\x0a\x05short"
                    "\x0a\x7f"),
            "invalid_argument: text: " + type);
  EXPECT_EQ(refusal(encoding::protobuf, "\x0a\x02\xc3\x28"), "invalid_argument: text: " + type);
  EXPECT_EQ(refusal(encoding::protobuf, "\x12\x02\x08\xff"), "invalid_argument: inner.number: " + type);
  EXPECT_EQ(refusal(encoding::protobuf, "\x07"), "invalid_argument: " + type);
}

TEST(Codec, RefusesJsonThatNestsTooDeep) {
  std::string deep = R"({"unknown":)";
  for (int level = 0; level < 10'000; ++level) deep += '[';
  EXPECT_EQ(refusal(encoding::json, deep).rfind("invalid_argument: ", 0), 0u);
}

}  // namespace
}  // namespace trireme::proto
