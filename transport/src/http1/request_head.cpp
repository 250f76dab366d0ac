#include <trireme/transport/http1/request_head.hpp>

#include "chars.hpp"

namespace trireme::transport::http1 {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (detail::lower(a[i]) != detail::lower(b[i])) return false;
  return true;
}

std::string_view take_list_element(std::string_view& list) noexcept {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trimmed(list.substr(0, comma));
    list = comma == list.npos ? std::string_view{} : list.substr(comma + 1);
    if (!element.empty()) return element;
  }
  return {};
}

bool list_names(std::string_view list, std::string_view token) noexcept {
  for (auto element = take_list_element(list); !element.empty(); element = take_list_element(list))
    if (equals_ignoring_case(element, token)) return true;
  return false;
}

std::optional<std::string_view> request_head::find(std::string_view name) const noexcept {
  for (const header& field : headers())
    if (equals_ignoring_case(field.name, name)) return field.value;
  return std::nullopt;
}

}  // namespace trireme::transport::http1
