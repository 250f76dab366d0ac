#pragma once
#include <trireme/transport/http1/errors.hpp>
#include <trireme/transport/http1/request_head.hpp>

namespace trireme::transport::http1::detail {

http_error split_unusual_target(request_head& head) noexcept;

// Checks the form of a target against its method, and fills `form`, `path` and `host` from it (RFC 9112
// §3.2). `path` and `query` have been split at the first '?' already.
inline http_error split_target(request_head& head) noexcept {
  if (head.target.front() != '/' || head.method == request_method::connect) return split_unusual_target(head);
  head.form = target_form::origin;
  return http_error::none;
}

}  // namespace trireme::transport::http1::detail
