#pragma once
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trireme::proto {

/// One name with its value.
struct metadata_entry {
  metadata_entry(std::string given_name, std::string given_value)
      : name(std::move(given_name)), value(std::move(given_value)) {}
  std::string name;
  std::string value;
  friend bool operator==(const metadata_entry&, const metadata_entry&) = default;
};

/// What travels beside the messages of a call: names in lower case with their values, in order; names may
/// repeat. Values of names that end in "-bin" are base64, as on the wire.
///
/// Thread: a value.
/// Errors: `add` throws an `error` for a name or value that no header could carry, so that a value made from
/// somebody's input cannot smuggle a line in.
class metadata {
public:
  metadata() noexcept = default;
  metadata(std::initializer_list<std::pair<std::string_view, std::string_view>> entries);

  void add(std::string_view name, std::string_view value);
  /// Replaces all of that name.
  void set(std::string_view name, std::string_view value);
  /// The first value of a name, given in lower case; null where there is none.
  const std::string* find(std::string_view name) const noexcept;
  /// Whether `add` takes it: a name of letters, digits, '-', '_' and '.', and a value without control
  /// characters.
  static bool valid(std::string_view name, std::string_view value) noexcept;

  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }
  auto begin() const noexcept { return entries_.begin(); }
  auto end() const noexcept { return entries_.end(); }
  friend bool operator==(const metadata&, const metadata&) = default;

private:
  std::vector<metadata_entry> entries_;
};

}  // namespace trireme::proto
