// conformance PROGRAMS EXPECTED: does every program of the folder PROGRAMS and compares with the file of the
// same name in EXPECTED. Exit code 1 where something differs, 2 where something is missing.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <trireme/core/log.hpp>

#include "comparison.hpp"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> json_files(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

int compare(const fs::path& programs, const fs::path& expected) {
  conformance::comparison all;
  std::string node;
  for (const fs::path& file : json_files(programs)) {
    const auto observed = conformance::read_observed(expected / file.filename());
    node = observed.node;
    for (const auto& program : conformance::read_programs(file)) {
      const auto found = observed.orders.find(program.name);
      all.add(program, found == observed.orders.end() ? std::vector<std::string>() : found->second);
    }
  }
  for (const std::string& complaint : all.complaints()) std::cout << complaint;
  std::cout << all.summary(node) << "\n";
  return all.count(conformance::verdict::different) == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: conformance PROGRAMS EXPECTED\n";
    return 2;
  }
  // Errors that nobody takes are part of the programs.
  trireme::set_log_sink([](trireme::log_level, std::string_view) {});
  try {
    return compare(arguments[1], arguments[2]);
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << "\n";
    return 2;
  }
}
