#pragma once
#include <coroutine>
#include <trireme/core/result.hpp>
#include <utility>

namespace trireme {
namespace detail {

template <class Awaiter>
class result_awaiter {
public:
  template <class Source>
  explicit result_awaiter(Source&& source) : inner_(std::forward<Source>(source).operator co_await()) {}

  bool await_ready() { return inner_.await_ready(); }
  template <class Promise>
  auto await_suspend(std::coroutine_handle<Promise> handle) {
    return inner_.await_suspend(handle);
  }
  auto await_resume() { return inner_.await_result(); }

private:
  Awaiter inner_;
};

}  // namespace detail

/// `co_await as_result(operation)` returns a `result<T>` where `co_await operation` would return a `T` or
/// throw. For promises, moved tasks, `sleep_for` and every operation of this framework; costs no throw. On an
/// lvalue promise it copies the value.
template <class Operation>
auto as_result(Operation&& operation) {
  using awaiter = decltype(std::forward<Operation>(operation).operator co_await());
  return detail::result_awaiter<awaiter>(std::forward<Operation>(operation));
}

}  // namespace trireme
