#include "chat/rules.hpp"

#include <gtest/gtest.h>

#include <string>

namespace trireme::services::chat {
namespace {

struct rule_case {
  rule_case(std::string given_what, std::string given_value, bool given_accepted)
      : what(std::move(given_what)), value(std::move(given_value)), accepted(given_accepted) {}
  std::string what;
  std::string value;
  bool accepted;
};

std::string repeated(const std::string& piece, std::size_t times) {
  std::string all;
  while (times-- > 0) all += piece;
  return all;
}

/// All cases that were judged otherwise, and refusals that do not name their field.
std::string misjudged(proto::status (*check)(std::string_view), const std::string& field,
                      const std::vector<rule_case>& cases) {
  std::string wrong;
  for (const rule_case& each : cases) {
    const proto::status said = check(each.value);
    if (said.ok() != each.accepted) wrong += each.what + "; ";
    if (!said && said.code() != proto::code::invalid_argument) wrong += each.what + ": another code; ";
    if (!said && said.message().rfind(field + ": ", 0) != 0)
      wrong += each.what + ": does not name the field; ";
  }
  return wrong;
}

TEST(ChatRules, NameRoomsByLettersDigitsAndThreeMarks) {
  EXPECT_EQ(misjudged(&check_room, "room",
                      {{"letters, digits and marks", "Az09-_.", true},
                       {"one letter", "a", true},
                       {"64 letters", repeated("r", 64), true},
                       {"65 letters", repeated("r", 65), false},
                       {"nothing", "", false},
                       {"a blank", "a b", false},
                       {"a slash", "a/b", false},
                       {"a letter that is not ASCII", "caf\xC3\xA9", false},
                       {"a NUL", std::string("a\0b", 3), false},
                       {"a line feed at the end", "a\n", false}}),
            "");
}

TEST(ChatRules, CountANamesCharactersNotItsBytes) {
  EXPECT_EQ(misjudged(&check_name, "name",
                      {{"plain", "Ann", true},
                       {"blanks inside", "Ann of Rome", true},
                       {"32 letters", repeated("n", 32), true},
                       {"33 letters", repeated("n", 33), false},
                       {"32 characters of two bytes", repeated("\xC3\xA9", 32), true},
                       {"33 characters of two bytes", repeated("\xC3\xA9", 33), false},
                       {"32 characters of four bytes", repeated("\xF0\x9F\x9A\xA3", 32), true},
                       {"nothing", "", false},
                       {"only blanks", " \t ", false},
                       {"a line feed", "Ann\nBob", false},
                       {"a NUL", std::string("Ann\0", 4), false},
                       {"a delete", "Ann\x7F", false}}),
            "");
}

TEST(ChatRules, LimitATextByItsBytes) {
  EXPECT_EQ(misjudged(&check_text, "text",
                      {{"one byte", "x", true},
                       {"4,000 bytes", repeated("t", 4000), true},
                       {"4,001 bytes", repeated("t", 4001), false},
                       {"1,334 characters of three bytes", repeated("\xE2\x9A\x93", 1334), false},
                       {"several lines", "a\nb\n", true},
                       {"nothing", "", false},
                       {"only blanks", " \r\n\t ", false}}),
            "");
}

}  // namespace
}  // namespace trireme::services::chat
