#pragma once
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace trireme {

/// What the framework itself can report; the system's own errors come as `std::generic_category`.
enum class errc {
  canceled = 1,    ///< a stop was asked for before the operation ended
  timed_out,       ///< the deadline passed first
  closed,          ///< the other end, or the loop, has gone
  full,            ///< a stated limit is reached; the message stays with the caller
  broken_promise,  ///< the resolver went away without settling
  would_hang,      ///< a loop under virtual time has work that nothing can ever finish
  failed,          ///< an exception that carries no code of its own; see `error::exception`
  all_failed,      ///< `any` had no success to give; the texts of the failures are in the message
};

/// For the standard's conversion of an `errc` to its code, and the category that codes of ours are of.
std::error_code make_error_code(errc code) noexcept;
const std::error_category& error_category() noexcept;

/// The one error type: a `std::error_code` and, optionally, shared detail. It is a callback's first argument,
/// a promise's rejection and what `co_await` throws.
///
/// Thread: immutable after construction; copies may be used on any thread.
/// Lifetime: the detail is counted and shared by all copies.
class error : public std::exception {
public:
  error() noexcept = default;  ///< no error: `operator bool` is false
  error(std::error_code code) noexcept : code_(code) {}
  error(errc code) noexcept : code_(make_error_code(code)) {}
  /// `operation` is the call that failed ("open"), `path` what it was applied to ("/var/data"); either may be
  /// empty.
  error(std::error_code code, std::string_view operation, std::string_view path = {});
  /// With a text of the caller's own in place of the code's message.
  static error with_text(std::error_code code, std::string text);
  /// The exception in flight, or any other: an `error` comes back as it is, a class derived from it or from
  /// `std::system_error` with its code and text, anything else as `errc::failed` with its text; of these
  /// `raise` throws the original again.
  static error from(std::exception_ptr exception);
  /// The `errno` of a system call that has just failed.
  static error from_errno(int number, std::string_view operation, std::string_view path = {});

  explicit operator bool() const noexcept { return static_cast<bool>(code_); }
  std::error_code code() const noexcept { return code_; }
  std::string_view operation() const noexcept;
  std::string_view path() const noexcept;
  /// One line for a person: "open: No such file or directory: /var/data".
  std::string message() const;
  const char* what() const noexcept override;
  /// The exception this error was made from; null where there was none.
  std::exception_ptr exception() const noexcept;
  /// The type of that exception as it is written in C++, for reports: "std::out_of_range"; empty where there
  /// was none. Rethrows it inside, which costs about a microsecond.
  std::string type() const;
  [[noreturn]] void raise() const;

  friend bool operator==(const error& left, const error& right) noexcept { return left.code_ == right.code_; }

private:
  struct detail;
  std::error_code code_;
  mutable std::shared_ptr<const detail> detail_;
};

}  // namespace trireme

template <>
struct std::is_error_code_enum<trireme::errc> : std::true_type {};
