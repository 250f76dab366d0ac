#pragma once
#include <cstdint>
#include <optional>
#include <trireme/core/assert.hpp>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <trireme/core/detail/rejections.hpp>
#include <trireme/core/error.hpp>
#include <trireme/core/loop.hpp>
#include <trireme/core/result.hpp>
#include <type_traits>
#include <utility>

namespace trireme::detail {

/// Someone who waits for a settlement. Told once, in the order attached; it queues a microtask of its own.
struct reaction : list_node {
  virtual void settled() = 0;

protected:
  ~reaction() = default;
};

/// The outcome of a promise or a task: open at first, settled once.
class settlement_base : rejection {
public:
  loop& owner() const noexcept { return loop_; }
  bool open() const noexcept { return standing_ == standing::open; }
  bool failed() const noexcept { return standing_ == standing::failed; }
  /// Tests false unless it has failed.
  const error& failure() const noexcept;
  bool taken() const noexcept { return taken_; }

  /// From now on a failure counts as handled.
  void attach(reaction& waiting);

protected:
  enum class standing : std::uint8_t { open, fulfilled, failed };

  explicit settlement_base(loop& owner) noexcept : loop_(owner) {}
  settlement_base(const settlement_base&) = delete;
  settlement_base& operator=(const settlement_base&) = delete;
  /// An untaken failure that waits to be reported outlives the settlement.
  ~settlement_base();

  void keep_failure(error failure) noexcept {
    failure_.emplace(failure ? std::move(failure) : error(errc::failed));
  }
  void settle();
  /// Lists the failure as untaken, unless somebody waits.
  void report_untaken();
  bool fails() const noexcept { return failure_.has_value(); }

private:
  error take_unhandled() override;

  loop& loop_;
  list<reaction> waiting_;
  std::optional<error> failure_;  // most have none, and an `error` costs two calls to come and go
  standing standing_ = standing::open;
  bool taken_ = false;
};

template <class T>
class settlement : public settlement_base {
public:
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                "a promise or a task aligns its value no further than operator new does: hand out a pointer");
  using settlement_base::settlement_base;

  T& value() noexcept { return *value_; }
  T take() {
    if (failed()) failure().raise();
    return std::move(*value_);
  }
  const T& peek() const {
    if (failed()) failure().raise();
    return *value_;
  }
  result<T> take_result() {
    if (failed()) return failure();
    return std::move(*value_);
  }
  result<T> peek_result() const {
    if (failed()) return failure();
    return *value_;
  }

protected:
  ~settlement() = default;
  template <class... Arguments>
  void keep_value(Arguments&&... arguments) {
    value_.emplace(std::forward<Arguments>(arguments)...);
  }

private:
  std::optional<T> value_;
};

template <>
class settlement<void> : public settlement_base {
public:
  using settlement_base::settlement_base;

  void take() const { peek(); }
  void peek() const {
    if (failed()) failure().raise();
  }
  result<void> take_result() const { return peek_result(); }
  result<void> peek_result() const {
    if (failed()) return failure();
    return {};
  }

protected:
  ~settlement() = default;
  void keep_value() noexcept {}
};

}  // namespace trireme::detail
