#include <trireme/core/dns/address.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace trireme {
namespace {

using dns::address;
using dns::family;

TEST(Address, ReadsAndWritesText) {
  for (const char* const text : {"127.0.0.1", "255.255.255.255", "::1", "2001:db8::ff00:42:8329", "::"}) {
    const auto parsed = address::parse(text, 8080);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->to_string(), text);
    EXPECT_EQ(parsed->port(), 8080);
    EXPECT_EQ(address(parsed->data(), parsed->size()), *parsed);
  }
  EXPECT_EQ(address::parse("127.0.0.1")->family(), family::ipv4);
  EXPECT_EQ(address::parse("::1")->family(), family::ipv6);
  EXPECT_EQ(address::parse("fe80::1%1")->to_string(), "fe80::1%lo");
  EXPECT_NE(*address::parse("::1", 1), *address::parse("::1", 2));
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* const text : {"", "1", "127.1", "0x7f.0.0.1", "010.0.0.1.1", "256.0.0.1", "::1::",
                                 "localhost", "127.0.0.1 ", "127.0.0.1%lo", "fe80::1%nosuchinterface"}) {
    EXPECT_FALSE(address::parse(text)) << text;
  }
  EXPECT_FALSE(address::parse(std::string_view("127.0.0.1\0x", 11)));
  EXPECT_FALSE(address::parse(std::string(1000, '1')));
  EXPECT_EQ(address().family(), family::any);
  EXPECT_EQ(address().to_string(), "");
}

}  // namespace
}  // namespace trireme
