#include <string_view>
#include <trireme/core/detail/call_place.hpp>

namespace trireme::detail {

namespace {

/// One bracket's partner; the end where there is none.
std::size_t closing(std::string_view text, std::size_t open) {
  const char opener = text[open];
  const char closer = opener == '(' ? ')' : '>';
  int depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (text[at] == opener) ++depth;
    if (text[at] == closer && --depth == 0) return at;
  }
  return text.size() - 1;
}

}  // namespace

std::string function_of(const call_place& place) {
  std::string_view from = place.function_name();
  if (from.starts_with("void ")) from.remove_prefix(5);
  std::string name;
  for (std::size_t at = 0; at < from.size(); ++at) {
    if (from[at] != '(' && from[at] != '<') {
      name += from[at];
      continue;
    }
    if (from.substr(at).starts_with("<lambda")) name += "<lambda>";
    at = closing(from, at);
  }
  if (name.ends_with("::operator")) name.resize(name.size() - std::string_view("::operator").size());
  return name == "operator" ? "<lambda>" : name;
}

std::string line_of(const call_place& place) {
  const std::string_view path = place.file_name();
  return std::string(path.substr(path.rfind('/') + 1)) + ':' + std::to_string(place.line());
}

}  // namespace trireme::detail
