#include <algorithm>
#include <trireme/core/error.hpp>
#include <trireme/proto/metadata.hpp>

namespace trireme::proto {
namespace {

constexpr bool in_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}
constexpr bool in_value(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}
constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

metadata::metadata(std::initializer_list<std::pair<std::string_view, std::string_view>> entries) {
  for (const auto& [name, value] : entries) add(name, value);
}

void metadata::add(std::string_view name, std::string_view value) {
  if (!valid(name, value)) throw error(std::make_error_code(std::errc::invalid_argument), "metadata", name);
  metadata_entry& added = entries_.emplace_back(std::string(name), std::string(value));
  std::transform(added.name.begin(), added.name.end(), added.name.begin(), lower);
}

void metadata::set(std::string_view name, std::string_view value) {
  if (!valid(name, value)) throw error(std::make_error_code(std::errc::invalid_argument), "metadata", name);
  std::erase_if(entries_, [&](const metadata_entry& entry) {
    return std::equal(entry.name.begin(), entry.name.end(), name.begin(), name.end(),
                      [](char mine, char given) { return mine == lower(given); });
  });
  add(name, value);
}

const std::string* metadata::find(std::string_view name) const noexcept {
  for (const auto& entry : entries_) {
    if (entry.name == name) return &entry.value;
  }
  return nullptr;
}

bool metadata::valid(std::string_view name, std::string_view value) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), in_name) &&
         std::all_of(value.begin(), value.end(), in_value);
}

}  // namespace trireme::proto
