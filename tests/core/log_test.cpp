#include <trireme/core/log.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <trireme/core/testing/order.hpp>

namespace {

using trireme::log;
using trireme::log_level;
using trireme::set_log_sink;
using trireme::testing::order;

order seen;

struct Log : ::testing::Test {
  void SetUp() override { seen.clear(); }
  void TearDown() override { set_log_sink(nullptr); }
};

TEST_F(Log, GivesEachLineWithItsLevelToTheSink) {
  set_log_sink([](log_level level, std::string_view line) {
    seen(std::to_string(static_cast<int>(level)) + " " + std::string(line));
  });
  log(log_level::debug, "a");
  log(log_level::error, "b");
  EXPECT_EQ(seen, (order{"0 a", "3 b"}));
}

TEST_F(Log, WritesOneLineToStderrByDefault) {
  ::testing::internal::CaptureStderr();
  log(log_level::warning, "the disk is full");
  log(log_level::info, "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "trireme: warning: the disk is full\ntrireme: info: \n");
}

TEST_F(Log, GoesBackToTheDefault) {
  set_log_sink([](log_level, std::string_view) { seen("sink"); });
  set_log_sink(nullptr);
  ::testing::internal::CaptureStderr();
  log(log_level::error, "x");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "trireme: error: x\n");
  EXPECT_EQ(seen, order());
}

TEST_F(Log, SurvivesASinkThatThrows) {
  set_log_sink([](log_level, std::string_view) { throw std::runtime_error("no"); });
  log(log_level::error, "x");
}

}  // namespace
