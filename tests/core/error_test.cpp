#include <trireme/core/error.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

using trireme::errc;
using trireme::error;

TEST(Error, TestsFalseWithoutACode) {
  EXPECT_FALSE(error());
  EXPECT_TRUE(error(errc::closed));
}

TEST(Error, HasOneLineForAPerson) {
  const auto missing = error::from_errno(ENOENT, "open", "/var/data");
  EXPECT_EQ(missing.message(), "open: No such file or directory: /var/data");
  EXPECT_STREQ(missing.what(), "open: No such file or directory: /var/data");
  EXPECT_EQ(missing.operation(), "open");
  EXPECT_EQ(missing.path(), "/var/data");
  EXPECT_EQ(missing.code(), std::errc::no_such_file_or_directory);
}

TEST(Error, HasAMessageForEveryCode) {
  for (const errc code : {errc::canceled, errc::timed_out, errc::closed, errc::full, errc::broken_promise,
                          errc::would_hang, errc::failed, errc::all_failed}) {
    EXPECT_NE(error(code).message(), "unknown error");
    EXPECT_EQ(error(code).message(), error(code).what());
  }
}

TEST(Error, HandsOutWhatThatStays) {
  const char* kept = error(errc::closed).what();
  EXPECT_STREQ(error(errc::full).what(), "limit reached");
  EXPECT_STREQ(kept, "closed");
}

TEST(Error, MatchesTheStandardConditions) {
  EXPECT_EQ(error(errc::canceled).code(), std::errc::operation_canceled);
  EXPECT_EQ(error(errc::timed_out).code(), std::errc::timed_out);
}

TEST(Error, TakesATextOfItsOwn) {
  const auto told = error::with_text(make_error_code(errc::full), "64 calls wait already");
  EXPECT_EQ(told.message(), "64 calls wait already");
  EXPECT_EQ(told, errc::full);
}

TEST(Error, KeepsTheExceptionItWasMadeFrom) {
  const auto made = error::from(std::make_exception_ptr(std::out_of_range("index 9")));
  EXPECT_EQ(made, errc::failed);
  EXPECT_EQ(made.message(), "index 9");
  EXPECT_TRUE(made.exception());
  EXPECT_THROW(made.raise(), std::out_of_range);
}

TEST(Error, ComesBackAsItIsFromAnException) {
  const auto first = error::from_errno(EACCES, "bind");
  const auto back = error::from(std::make_exception_ptr(first));
  EXPECT_EQ(back, first);
  EXPECT_EQ(back.message(), "bind: Permission denied");
  EXPECT_FALSE(back.exception());
  EXPECT_THROW(back.raise(), error);
}

TEST(Error, TakesAnythingThatIsThrown) {
  EXPECT_EQ(error::from(std::make_exception_ptr(42)), errc::failed);
  EXPECT_FALSE(error::from(nullptr));
}

TEST(Error, NamesTheTypeOfItsException) {
  EXPECT_EQ(error::from(std::make_exception_ptr(std::out_of_range("index 9"))).type(), "std::out_of_range");
  EXPECT_EQ(error::from(std::make_exception_ptr(42)).type(), "int");
  EXPECT_EQ(error(errc::closed).type(), "");
  EXPECT_EQ(error::from(std::make_exception_ptr(error(errc::closed))).type(), "");
}

struct lost_ship final : error {
  explicit lost_ship(std::string name) : error(std::make_error_code(std::errc::no_link), "sail", name) {}
};

TEST(Error, KeepsAClassThatIsDerivedFromIt) {
  const error kept = error::from(std::make_exception_ptr(lost_ship("Ada")));
  EXPECT_EQ(kept, std::make_error_code(std::errc::no_link));
  EXPECT_EQ(kept.message(), "sail: Link has been severed: Ada");
  EXPECT_EQ(kept.operation(), "sail");
  EXPECT_EQ(kept.path(), "Ada");
  EXPECT_TRUE(kept.type().ends_with("::lost_ship")) << kept.type();
  EXPECT_THROW(kept.raise(), lost_ship);
}

struct lost_at_sea final : error {
  using error::error;
  const char* what() const noexcept override { return "lost at sea"; }
};

TEST(Error, SaysWhatAClassSaysThatIsDerivedFromIt) {
  const error kept = error::from(std::make_exception_ptr(lost_at_sea(errc::closed)));
  EXPECT_EQ(kept, errc::closed);
  EXPECT_EQ(kept.message(), "lost at sea");
}

TEST(Error, ComparesByCode) {
  EXPECT_EQ(error::from_errno(ENOENT, "open"), error::from_errno(ENOENT, "stat"));
  EXPECT_FALSE(error(errc::closed) == error(errc::full));
}

TEST(Error, KeepsTheCodeOfASystemErrorAndThrowsTheOriginal) {
  const auto code = std::make_error_code(std::errc::connection_refused);
  const error kept = error::from(std::make_exception_ptr(std::system_error(code, "connect")));
  EXPECT_EQ(kept, code);
  EXPECT_EQ(kept.message(), "connect: Connection refused");
  EXPECT_THROW(kept.raise(), std::system_error);
  EXPECT_EQ(error::from(std::make_exception_ptr(std::system_error(std::error_code()))), errc::failed);
}

}  // namespace
