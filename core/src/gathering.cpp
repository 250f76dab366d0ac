#include <algorithm>
#include <string>
#include <trireme/core/detail/gathering.hpp>

namespace trireme::detail {

namespace {

constexpr std::size_t most_texts = 16;

}  // namespace

error all_failed(const std::vector<error>& failures) {
  std::string text = make_error_code(errc::all_failed).message();
  const std::size_t shown = std::min(failures.size(), most_texts);
  for (std::size_t each = 0; each < shown; ++each) {
    text.append(each == 0 ? ": " : "; ").append(failures[each].message());
  }
  if (shown < failures.size()) text += "; and " + std::to_string(failures.size() - shown) + " more";
  return error::with_text(errc::all_failed, std::move(text));
}

}  // namespace trireme::detail
