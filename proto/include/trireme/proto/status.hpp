#pragma once
#include <string>
#include <string_view>
#include <system_error>
#include <trireme/core/error.hpp>
#include <utility>

namespace trireme::proto {

/// How a call ended: the canonical sixteen and ok, by gRPC's numbers.
/// Source: https://grpc.io/docs/guides/status-codes/
enum class code {
  ok = 0,
  canceled,             ///< the caller went away or said so
  unknown,              ///< an exception that says no more
  invalid_argument,     ///< the request is wrong, whatever the server's state
  deadline_exceeded,    ///< the caller's or the method's time is over
  not_found,            ///< what the request names does not exist
  already_exists,       ///< what the request would make exists
  permission_denied,    ///< known who asks, and not allowed
  resource_exhausted,   ///< a stated limit is reached: a queue, a quota, a size
  failed_precondition,  ///< the server's state does not allow it
  aborted,              ///< a conflict; may be tried again from further up
  out_of_range,         ///< past the valid range
  unimplemented,        ///< no such method, or not in this dialect
  internal,             ///< a broken invariant of the server's
  unavailable,          ///< the server is not there or closing; may be tried again
  data_loss,            ///< unrecoverable
  unauthenticated,      ///< not known who asks
};

/// As the Connect protocol spells it: "invalid_argument", "canceled" with one l, "ok".
std::string_view name_of(code which) noexcept;
/// The code of that name; `code::unknown` for a name that is none.
code code_named(std::string_view name) noexcept;
/// The HTTP status that the Connect protocol pairs with a code; 200 for ok.
/// Source: https://connectrpc.com/docs/protocol/#error-codes
int http_status_of(code which) noexcept;

/// The category of the error codes that carry a `code`.
const std::error_category& status_category() noexcept;
std::error_code make_error_code(code which) noexcept;

/// The outcome of a call: a code, and a text for a person where it is not ok. The text reaches the client.
///
/// Thread: a value; moves freely between threads.
class [[nodiscard]] status {
public:
  status() noexcept = default;  ///< ok
  status(proto::code which, std::string message = {}) noexcept : code_(which), message_(std::move(message)) {}

  /// What a client may know of an error: the code and text of one that carries a status; `errc::canceled`,
  /// `timed_out`, `full` and `closed` as canceled, deadline_exceeded, resource_exhausted and unavailable; an
  /// error of the system as internal, without the path it was about; a foreign exception as unknown, without
  /// its text.
  static status from(const error& failure);
  /// The same the other way: an error whose code is of `status_category` and whose text is the message.
  error to_error() const;

  proto::code code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  bool ok() const noexcept { return code_ == proto::code::ok; }
  explicit operator bool() const noexcept { return ok(); }

  friend bool operator==(const status&, const status&) = default;

private:
  proto::code code_ = proto::code::ok;
  std::string message_;
};

}  // namespace trireme::proto

template <>
struct std::is_error_code_enum<trireme::proto::code> : std::true_type {};
