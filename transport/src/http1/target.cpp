#include "target.hpp"

#include "chars.hpp"
#include "fields.hpp"

namespace trireme::transport::http1::detail {
namespace {

http_error split_authority(request_head& head) noexcept {
  const std::size_t colon = head.target.rfind(':');
  const bool has_port = colon != head.target.npos && colon != 0 && colon + 1 < head.target.size();
  if (!has_port || !valid_host(head.target) || !all(head.target.substr(colon + 1), digit_char))
    return http_error::invalid_target;
  head.form = target_form::authority;
  return http_error::none;
}

std::size_t scheme_size(std::string_view target) noexcept {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")})
    if (equals_ignoring_case(target.substr(0, scheme.size()), scheme)) return scheme.size();
  return 0;
}

http_error split_absolute(request_head& head) noexcept {
  const std::size_t scheme = scheme_size(head.path);
  if (scheme == 0) return http_error::invalid_target;
  const std::string_view rest = head.path.substr(scheme);
  const std::size_t slash = rest.find('/');
  head.host = rest.substr(0, slash);
  if (head.host.empty() || head.host.front() == ':') return http_error::invalid_target;
  if (!valid_host(head.host)) return http_error::invalid_host;
  head.path = slash == rest.npos ? std::string_view("/") : rest.substr(slash);
  head.form = target_form::absolute;
  return http_error::none;
}

}  // namespace

http_error split_unusual_target(request_head& head) noexcept {
  if (head.method == request_method::connect) return split_authority(head);
  if (head.target != "*") return split_absolute(head);
  head.form = target_form::asterisk;
  return head.method == request_method::options ? http_error::none : http_error::invalid_target;
}

}  // namespace trireme::transport::http1::detail
