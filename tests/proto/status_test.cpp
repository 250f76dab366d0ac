#include <trireme/proto/status.hpp>

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace trireme::proto {
namespace {

TEST(Status, PairsEveryCodeWithItsConnectNameAndHttpStatus) {
  using row = std::tuple<int, std::string, int>;
  std::vector<row> table;
  for (int number = 0; number <= 16; ++number) {
    const auto which = static_cast<code>(number);
    table.emplace_back(number, name_of(which), http_status_of(which));
    EXPECT_EQ(code_named(name_of(which)), which);
  }
  EXPECT_EQ(table, (std::vector<row>{{0, "ok", 200},
                                     {1, "canceled", 499},
                                     {2, "unknown", 500},
                                     {3, "invalid_argument", 400},
                                     {4, "deadline_exceeded", 504},
                                     {5, "not_found", 404},
                                     {6, "already_exists", 409},
                                     {7, "permission_denied", 403},
                                     {8, "resource_exhausted", 429},
                                     {9, "failed_precondition", 400},
                                     {10, "aborted", 409},
                                     {11, "out_of_range", 400},
                                     {12, "unimplemented", 501},
                                     {13, "internal", 500},
                                     {14, "unavailable", 503},
                                     {15, "data_loss", 500},
                                     {16, "unauthenticated", 401}}));
}

TEST(Status, TakesANumberOutsideOfTheTableForUnknown) {
  EXPECT_EQ(name_of(static_cast<code>(99)), "unknown");
  EXPECT_EQ(http_status_of(static_cast<code>(-1)), 500);
  EXPECT_EQ(code_named("no_such_code"), code::unknown);
}

TEST(Status, ComesBackFromAnErrorAsItWentIn) {
  const status sent(code::not_found, "no such room");
  EXPECT_EQ(status::from(sent.to_error()), sent);
  EXPECT_EQ(status::from(error()), status());
  EXPECT_FALSE(status().to_error());
}

TEST(Status, TranslatesTheFrameworksOwnErrors) {
  EXPECT_EQ(status::from(errc::canceled).code(), code::canceled);
  EXPECT_EQ(status::from(errc::timed_out).code(), code::deadline_exceeded);
  EXPECT_EQ(status::from(errc::full).code(), code::resource_exhausted);
  EXPECT_EQ(status::from(errc::closed).code(), code::unavailable);
  EXPECT_EQ(status::from(errc::broken_promise).code(), code::internal);
}

TEST(Status, KeepsPathsAndForeignTextsFromTheClient) {
  const auto path =
      status::from(error(std::make_error_code(std::errc::permission_denied), "open", "/secret"));
  EXPECT_EQ(path, status(code::internal, "Permission denied"));
  const auto foreign = status::from(error::from(std::make_exception_ptr(std::runtime_error("/secret"))));
  EXPECT_EQ(foreign, status(code::unknown, "the service failed"));
}

}  // namespace
}  // namespace trireme::proto
