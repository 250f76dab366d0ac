#pragma once
#include <cstddef>
#include <string_view>

namespace trireme::proto::wire {

/// Where the value of a member of a JSON object stands in the object's text.
struct json_member {
  enum class outcome { absent, found, twice, malformed };
  outcome result = outcome::malformed;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Finds `name` among the members of the outermost object of `text`. Only what is needed to tell where values
/// end is looked at: the rest is left to the parser of the value. Strings in single quotes and names without
/// quotes, which protobuf's parser would take, are malformed. Uses no stack for nesting.
json_member find_member(std::string_view text, std::string_view name) noexcept;

}  // namespace trireme::proto::wire
