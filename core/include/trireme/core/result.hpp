#pragma once
#include <trireme/core/assert.hpp>
#include <trireme/core/error.hpp>
#include <utility>
#include <variant>

namespace trireme {

/// A value, or the error that came in its place. What `co_await as_result(op)` returns.
///
/// Errors: `value()` throws the error it holds; `operator*` on one that holds an error is a bug and stops.
template <class T>
class [[nodiscard]] result {
public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  /// An error that tests false counts as `errc::failed`, for there is no value.
  result(class error failure) : state_(std::in_place_index<1>, std::move(failure)) {
    if (auto& kept = std::get<1>(state_); !kept) kept = errc::failed;
  }

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  T& operator*() & { return *checked(); }
  const T& operator*() const& { return *const_cast<result*>(this)->checked(); }
  T&& operator*() && { return std::move(*checked()); }
  T* operator->() { return checked(); }
  const T* operator->() const { return const_cast<result*>(this)->checked(); }
  T&& value() && {
    if (!has_value()) std::get<1>(state_).raise();
    return std::move(std::get<0>(state_));
  }
  const T& value() const& {
    if (!has_value()) std::get<1>(state_).raise();
    return std::get<0>(state_);
  }
  /// The error; one that tests false where there is a value.
  class error error() const {
    return has_value() ? trireme::error{} : std::get<1>(state_);
  }

private:
  T* checked() {
    TRIREME_ASSERT(has_value());
    return &std::get<0>(state_);
  }
  std::variant<T, class error> state_;
};

/// Success, or an error.
template <>
class [[nodiscard]] result<void> {
public:
  result() noexcept = default;
  result(class error failure) : error_(std::move(failure)) {}

  bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (error_) error_.raise();
  }
  class error error() const {
    return error_;
  }

private:
  class error error_;
};

}  // namespace trireme
