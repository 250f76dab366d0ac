#pragma once
#include <cstdint>
#include <trireme/core/detail/settlement.hpp>
#include <trireme/core/fwd.hpp>

namespace trireme::detail {

/// What a promise and its resolver share.
template <class T>
class promise_state final : public settlement<T>, public recycled {
public:
  using settlement<T>::settlement;

  template <class... Arguments>
  void fulfil(Arguments&&... arguments) {
    try {
      this->keep_value(std::forward<Arguments>(arguments)...);
    } catch (...) {
      return fail(error::from(std::current_exception()));
    }
    this->settle();
  }
  void fail(error reason) {
    this->keep_failure(std::move(reason));
    this->settle();
    this->report_untaken();
  }

private:
  template <class>
  friend class promise_ref;
  std::uint32_t count_ = 0;
};

/// A counted handle on a promise's state.
template <class T>
class promise_ref {
public:
  static promise_ref make(loop& owner) { return promise_ref(new promise_state<T>(owner)); }
  promise_ref() noexcept = default;
  promise_ref(const promise_ref& other) noexcept : promise_ref(other.state_) {}
  promise_ref(promise_ref&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  promise_ref& operator=(promise_ref&& other) noexcept {
    promise_ref taken(std::move(other));
    std::swap(state_, taken.state_);
    return *this;
  }
  ~promise_ref() {
    if (state_ && --state_->count_ == 0) delete state_;
  }

  explicit operator bool() const noexcept { return state_ != nullptr; }
  promise_state<T>* operator->() const noexcept { return state_; }
  promise_state<T>& operator*() const noexcept { return *state_; }

private:
  explicit promise_ref(promise_state<T>* state) noexcept : state_(state) {
    if (state_) ++state_->count_;
  }
  promise_state<T>* state_ = nullptr;
};

template <class T>
void follow(resolver<T> outer, promise<T> inner);
template <class Access, class Work, class Rescue>
auto react(promise_ref<typename Access::value_type> source, Work work, Rescue rescue);
template <class Access, class Work>
auto finally(promise_ref<typename Access::value_type> source, Work work);

/// Settles `target` with what `ended` holds, and takes it.
template <class T>
void settle_as(resolver<T>& target, settlement<T>& ended) {
  if (ended.failed()) {
    target.reject(ended.failure());
  } else if constexpr (std::is_void_v<T>) {
    target.resolve();
  } else {
    target.resolve(std::move(ended.value()));
  }
}

/// How a reaction meets the value: as `const T&`, or as the value itself.
template <class T>
struct sees {
  using value_type = T;
  template <class Work>
  static decltype(auto) call(Work& work, settlement<T>& from) {
    if constexpr (std::is_void_v<T>) {
      return std::move(work)();
    } else {
      return std::move(work)(std::as_const(from.value()));
    }
  }
};
template <class T>
struct takes {
  using value_type = T;
  template <class Work>
  static decltype(auto) call(Work& work, settlement<T>& from) {
    if constexpr (std::is_void_v<T>) {
      return std::move(work)();
    } else {
      return std::move(work)(std::move(from.value()));
    }
  }
};

struct pass_failure {};

template <class T>
struct pass_value {
  T operator()(const T& value) const { return value; }
  T operator()(T&& value) const { return std::move(value); }
};
template <>
struct pass_value<void> {
  void operator()() const noexcept {}
};

}  // namespace trireme::detail
