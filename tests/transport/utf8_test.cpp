#include <trireme/transport/websocket/utf8.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trireme::transport::websocket {
namespace {

bool bytewise(std::string_view text) {
  utf8_validator validator;
  for (const char& c : text)
    if (!validator.feed({&c, 1})) return false;
  return validator.complete();
}

std::string encoded(std::uint32_t point) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xc0 | point >> 6), byte(0x80 | (point & 63))};
  if (point < 0x10000)
    return {byte(0xe0 | point >> 12), byte(0x80 | (point >> 6 & 63)), byte(0x80 | (point & 63))};
  return {byte(0xf0 | point >> 18), byte(0x80 | (point >> 12 & 63)), byte(0x80 | (point >> 6 & 63)),
          byte(0x80 | (point & 63))};
}

TEST(Utf8, AcceptsExactlyTheCodePointsThatAreNoSurrogates) {
  for (std::uint32_t point = 0; point < 0x120000; ++point) {
    const bool valid = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    ASSERT_EQ(is_utf8(encoded(point)), valid) << point;
  }
}

TEST(Utf8, RejectsOverlongFormsStrayBytesAndTruncation) {
  const std::vector<std::string> bad{"\x80",
                                     "\xbf",
                                     "\xc0\x80",
                                     "\xc1\xbf",
                                     "\xe0\x9f\xbf",
                                     "\xf0\x8f\xbf\xbf",
                                     "\xf5\x80\x80\x80",
                                     "\xff",
                                     "\xfe",
                                     "\xc3",
                                     "\xe2\x82",
                                     "\xf0\x9f\x98",
                                     "\xc3(",
                                     "\xe2\x82(",
                                     "ASCII for more than sixteen bytes \xc3"};
  for (const std::string& text : bad) {
    EXPECT_FALSE(is_utf8(text)) << text;
    EXPECT_FALSE(bytewise(text)) << text;
  }
}

TEST(Utf8, AcceptsTextCutAnywhere) {
  const std::string text = "plain text before \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 and plain text after it";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    utf8_validator validator;
    EXPECT_TRUE(validator.feed(std::string_view(text).substr(0, cut)));
    EXPECT_TRUE(validator.feed(std::string_view(text).substr(cut)));
    EXPECT_TRUE(validator.complete()) << cut;
  }
  EXPECT_TRUE(bytewise(text));
  EXPECT_TRUE(is_utf8(""));
}

TEST(Utf8, FailsAtTheFirstByteThatCannotBe) {
  utf8_validator validator;
  EXPECT_TRUE(validator.feed("\xed"));
  EXPECT_FALSE(validator.feed("\xa0"));
  validator.reset();
  EXPECT_TRUE(validator.feed("ok"));
}

}  // namespace
}  // namespace trireme::transport::websocket
