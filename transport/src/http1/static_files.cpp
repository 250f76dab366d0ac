#include <trireme/transport/http1/static_files.hpp>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <trireme/core/error.hpp>
#include <utility>

namespace trireme::transport::http1 {

namespace {

namespace fs = std::filesystem;

std::string_view content_type_of(const fs::path& path) {
  static const std::unordered_map<std::string, std::string_view> types = {
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".webmanifest", "application/manifest+json"},
      {".txt", "text/plain; charset=utf-8"}};
  const auto found = types.find(path.extension().string());
  return found == types.end() ? "application/octet-stream" : found->second;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) throw error::with_text(std::make_error_code(std::errc::io_error), "read: " + path.string());
  return bytes;
}

/// FNV-1a: tells versions of a file apart, no more.
std::string tag_of(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, hash, 16).ptr;
  return '"' + std::string(digits, end) + '"';
}

/// RFC 9110 section 13.1.2: a list of tags, weakly compared, or a star.
bool names_tag(std::string_view list, std::string_view tag) {
  for (auto each = take_list_element(list); !each.empty(); each = take_list_element(list)) {
    if (each.starts_with("W/")) each.remove_prefix(2);
    if (each == tag || each == "*") return true;
  }
  return false;
}

}  // namespace

static_files::static_files(const std::string& folder, std::size_t max_bytes) {
  std::error_code failure;
  std::size_t total = 0;
  for (fs::recursive_directory_iterator at(folder, failure), end; !failure && at != end;
       at.increment(failure)) {
    if (!at->is_regular_file()) continue;
    file found{read_file(at->path()), content_type_of(at->path()), {}};
    found.tag = tag_of(found.body);
    if ((total += found.body.size()) > max_bytes)
      throw error(make_error_code(errc::full), "static files", folder);
    files_.emplace("/" + fs::relative(at->path(), folder).generic_string(), std::move(found));
  }
  if (failure) throw error(failure, "static files", folder);
}

bool static_files::serve(const request& from, response& to) const {
  std::string path(from.path());
  if (path.ends_with('/')) path += "index.html";
  const auto found = files_.find(path);
  if (found == files_.end()) return false;
  if (from.method() != request_method::get && from.method() != request_method::head) {
    const header allow{"Allow", "GET, HEAD"};
    to.send(405, "text/plain; charset=utf-8", "Method not allowed\n", {&allow, 1});
    return true;
  }
  const file& chosen = found->second;
  const std::array<header, 4> headers{header{"ETag", chosen.tag}, header{"Cache-Control", "no-cache"},
                                      header{"X-Content-Type-Options", "nosniff"},
                                      header{"Content-Security-Policy",
                                             "default-src 'self'; img-src 'self' data:; "
                                             "base-uri 'none'; frame-ancestors 'none'"}};
  const bool same = names_tag(from.header("if-none-match").value_or(""), chosen.tag);
  to.send(same ? 304 : 200, chosen.content_type, chosen.body, headers);  // of a 304 only its length is told
  return true;
}

}  // namespace trireme::transport::http1
