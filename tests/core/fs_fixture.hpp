#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <trireme/core/fs.hpp>
#include <trireme/core/testing/test_loop.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace trireme::testing {

/// A directory of its own, and a loop that runs until an operation has ended.
class fs_fixture : public ::testing::Test {
protected:
  ~fs_fixture() override { std::filesystem::remove_all(directory); }

  std::string path(const std::string& name) const { return directory + "/" + name; }
  std::string make(const std::string& name, const std::string& contents) const {
    std::ofstream(path(name), std::ios::binary) << contents;
    return path(name);
  }
  static std::string contents(const std::string& name) {
    std::ostringstream all;
    all << std::ifstream(name, std::ios::binary).rdbuf();
    return all.str();
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& each : std::filesystem::directory_iterator(directory)) {
      found.push_back(each.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  template <class T>
  T value(promise<T> answer) {
    result<T> got = error(errc::broken_promise);
    std::move(answer)
        .then([&](T arrived) { got = std::move(arrived); }, [&](const error& failure) { got = failure; })
        .detach();
    loop.run();
    return std::move(got).value();
  }
  void done(promise<void> answer) {
    const error failure = failure_of(std::move(answer));
    EXPECT_FALSE(failure) << failure.message();
  }
  template <class T>
  error failure_of(promise<T> answer) {
    error got;
    if constexpr (std::is_void_v<T>) {
      std::move(answer).then([] {}, [&](const error& failure) { got = failure; }).detach();
    } else {
      std::move(answer).then([](const T&) {}, [&](const error& failure) { got = failure; }).detach();
    }
    loop.run();
    return got;
  }

  const std::string directory = fs::blocking::make_temporary_directory("/tmp/trireme-fs-");
  test_loop loop;
};

inline std::error_code system_code(int number) { return {number, std::generic_category()}; }

}  // namespace trireme::testing
