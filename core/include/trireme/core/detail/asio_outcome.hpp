#pragma once
#include <exception>
#include <system_error>
#include <trireme/core/result.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trireme::detail {

template <class... Values>
struct asio_value {
  using type = std::tuple<Values...>;
};
template <class Value>
struct asio_value<Value> {
  using type = Value;
};
template <>
struct asio_value<> {
  using type = void;
};

/// What a completion signature brings: `void(error_code, T)` and `void(T)` a `T`, more values a tuple.
template <class... Values>
struct asio_outcome {
  using type = typename asio_value<Values...>::type;

  template <class... Given>
  static result<type> make(Given&&... values) {
    if constexpr (std::is_void_v<type>) {
      return {};
    } else {
      return type(std::forward<Given>(values)...);
    }
  }
};

template <class... Values>
struct asio_outcome<std::error_code, Values...> {
  using type = typename asio_value<Values...>::type;

  template <class... Given>
  static result<type> make(const std::error_code& failure, Given&&... values) {
    if (failure) return error(failure);
    return asio_outcome<Values...>::make(std::forward<Given>(values)...);
  }
};

template <class... Values>
struct asio_outcome<std::exception_ptr, Values...> {
  using type = typename asio_value<Values...>::type;

  template <class... Given>
  static result<type> make(const std::exception_ptr& failure, Given&&... values) {
    if (failure) return error::from(failure);
    return asio_outcome<Values...>::make(std::forward<Given>(values)...);
  }
};

}  // namespace trireme::detail
