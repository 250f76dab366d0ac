#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace conformance {

/// One operation of a program, as README.md has them.
struct operation {
  operation() {}
  std::string kind;    // the key that says what it does; "log" for a bare text
  std::string target;  // that key's text: a name, or what to log
  double number = 0;   // that key's number
  std::vector<operation> body;
  std::vector<operation> rescue;
  bool has_body = false;
  bool has_rescue = false;
  std::vector<std::string> names;  // that key's list of texts
  std::string as;
  std::string with;
  std::string to;
  std::string returned;
  std::string returned_promise;
  int times = 0;
};
using operations = std::vector<operation>;

struct program {
  program() {}
  std::string name;
  operations steps;
  operations uncaught;
  bool has_uncaught = false;
  std::vector<operations> before_exit;
  bool alone = false;           // a process of its own in Node; its exit code counts
  bool clamped = false;         // only under `timer_clamp`
  std::string differs;          // why our order is another one; empty where it is not
  std::string not_expressible;  // why we cannot do it; empty where we can
};

/// Throws `std::runtime_error` where the file is not such a list of programs.
std::vector<program> read_programs(const std::filesystem::path& file);

/// What Node showed, by program; the first with its clock standing still.
struct observed {
  observed() {}
  std::string node;  // its process.version
  std::map<std::string, std::vector<std::string>> orders;
};
observed read_observed(const std::filesystem::path& file);

}  // namespace conformance
