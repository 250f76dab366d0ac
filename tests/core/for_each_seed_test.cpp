#include <trireme/core/testing/for_each_seed.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace {

using trireme::testing::for_each_seed;

const auto never = [] { return false; };

/// What it writes on stderr.
template <class Work>
std::string said_by(Work work) {
  testing::internal::CaptureStderr();
  work();
  return testing::internal::GetCapturedStderr();
}

class ForEachSeed : public testing::Test {
protected:
  void SetUp() override { ::unsetenv("TRIREME_SEED"); }
  void TearDown() override { ::unsetenv("TRIREME_SEED"); }
  std::vector<std::uint64_t> tried;
  const std::function<void(std::uint64_t)> note = [this](std::uint64_t seed) { tried.push_back(seed); };
};

TEST_F(ForEachSeed, TriesAllOfThemAndSaysNothing) {
  EXPECT_EQ(said_by([&] { for_each_seed(4, note, never); }), "");
  EXPECT_EQ(tried, (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST_F(ForEachSeed, NamesTheFirstThatFailsAndStops) {
  EXPECT_EQ(said_by([&] { for_each_seed(9, note, [&] { return tried.back() == 3; }); }),
            "failed with seed 3; TRIREME_SEED=3 repeats it alone\n");
  EXPECT_EQ(tried, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(ForEachSeed, NamesTheOneThatThrows) {
  const auto throws = [](std::uint64_t seed) {
    if (seed == 2) throw std::runtime_error("two");
  };
  EXPECT_EQ(said_by([&] { EXPECT_THROW(for_each_seed(9, throws, never), std::runtime_error); }),
            "failed with seed 2; TRIREME_SEED=2 repeats it alone\n");
}

TEST_F(ForEachSeed, TriesOneAloneWhereTheEnvironmentSaysSo) {
  ::setenv("TRIREME_SEED", "1234567890123", 1);
  for_each_seed(4, note, never);
  EXPECT_EQ(tried, (std::vector<std::uint64_t>{1'234'567'890'123}));
  for (const char* const wrong : {"", "12 ", "-1", "many"}) {
    ::setenv("TRIREME_SEED", wrong, 1);
    EXPECT_THROW(for_each_seed(4, note, never), std::invalid_argument) << wrong;
  }
}

using ForEachSeedDeathTest = ForEachSeed;

TEST_F(ForEachSeedDeathTest, NamesTheOneThatEndsTheProgram) {
  const auto aborts = [](std::uint64_t seed) {
    if (seed == 17) std::abort();
  };
  EXPECT_DEATH(for_each_seed(20, aborts, never), "failed with seed 17; TRIREME_SEED=17 repeats it alone");
}

}  // namespace
