#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <trireme/transport/http1/request_head.hpp>

namespace trireme::transport::http1 {

/// A whole request: head and body.
///
/// Lifetime: every view is valid until the handler returns; a handler that answers later copies what it
/// needs.
class request {
public:
  request(const request_head& head, std::string_view body) noexcept : head_(head), body_(body) {}

  const request_head& head() const noexcept { return head_; }
  request_method method() const noexcept { return head_.method; }
  std::string_view path() const noexcept { return head_.path; }
  std::string_view query() const noexcept { return head_.query; }
  std::optional<std::string_view> header(std::string_view name) const noexcept { return head_.find(name); }
  std::string_view body() const noexcept { return body_; }

private:
  const request_head& head_;
  std::string_view body_;
};

}  // namespace trireme::transport::http1
