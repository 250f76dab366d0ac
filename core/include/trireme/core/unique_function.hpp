#pragma once
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <trireme/core/detail/operations.hpp>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace trireme {

namespace detail {

/// A type's name as it is written in C++.
std::string type_name(const std::type_info& type);

template <class Callable>
std::string describe_callable(const Callable& callable) {
  if constexpr (requires {
                  { callable.describe() } -> std::convertible_to<std::string>;
                }) {
    return callable.describe();
  } else {
    return type_name(typeid(Callable));
  }
}

}  // namespace detail

template <class Signature>
class unique_function;

/// An owning, move-only callable. Callables of up to 48 bytes that move without throwing lie inside it;
/// larger ones are allocated. One that returns nothing drops what the callable returns, unless that is a task
/// or a promise.
///
/// Thread: none of its own; moves freely between threads where what it holds may.
/// Errors: calling an empty one is undefined; test with `operator bool`.
template <class Result, class... Arguments>
class unique_function<Result(Arguments...)> {
public:
  unique_function() noexcept = default;
  unique_function(std::nullptr_t) noexcept {}

  template <class Callable>
  requires(!std::is_same_v<std::remove_cvref_t<Callable>, unique_function> &&
           std::is_invocable_r_v<Result, std::decay_t<Callable>&, Arguments...>)
      unique_function(Callable&& callable) {
    using stored = std::decay_t<Callable>;
    static_assert(
        !std::is_void_v<Result> || !detail::starts<stored, Arguments...>,
        "the task or promise that this callable returns would be dropped: hand it to a scope, or detach it");
    if constexpr (fits<stored>) {
      ::new (storage_) stored(std::forward<Callable>(callable));
      table_ = &inside<stored>;
    } else {
      ::new (storage_) stored*(new stored(std::forward<Callable>(callable)));
      table_ = &outside<stored>;
    }
  }

  unique_function(unique_function&& other) noexcept { take(other); }
  unique_function& operator=(unique_function&& other) noexcept {
    if (this != &other) {
      // It goes last: `other` may be a part of what this one holds.
      const unique_function replaced(std::move(*this));
      take(other);
    }
    return *this;
  }
  ~unique_function() { reset(); }

  explicit operator bool() const noexcept { return table_ != nullptr; }
  Result operator()(Arguments... arguments) {
    return table_->call(storage_, std::forward<Arguments>(arguments)...);
  }

  /// What it holds, for reports: the type's name, or what its member `describe()` says. Empty where it holds
  /// nothing.
  std::string describe() const { return table_ ? table_->describe(storage_) : std::string(); }

  void reset() noexcept {
    if (const auto* table = std::exchange(table_, nullptr); table && table->destroy) table->destroy(storage_);
  }

private:
  static constexpr std::size_t capacity = 48;

  struct operations {
    Result (*call)(void*, Arguments&&...);
    void (*move)(void* from, void* to) noexcept;  // null: the bytes may be copied
    void (*destroy)(void*) noexcept;              // null: nothing to do
    std::string (*describe)(const void*);
  };

  template <class Stored>
  static constexpr bool fits =
      sizeof(Stored) <= capacity &&
      alignof(Stored) <= alignof(void*) && std::is_nothrow_move_constructible_v<Stored>;
  template <class Stored>
  static constexpr bool trivial =
      std::is_trivially_copyable_v<Stored>&& std::is_trivially_destructible_v<Stored>;

  template <class Stored>
  static Result call(Stored& stored, Arguments&&... arguments) {
    if constexpr (std::is_void_v<Result>) {
      static_cast<void>(std::invoke(stored, std::forward<Arguments>(arguments)...));
    } else {
      return std::invoke(stored, std::forward<Arguments>(arguments)...);
    }
  }
  template <class Stored>
  static Result call_inside(void* self, Arguments&&... arguments) {
    return call(*static_cast<Stored*>(self), std::forward<Arguments>(arguments)...);
  }
  template <class Stored>
  static void move_inside(void* from, void* to) noexcept {
    auto* source = static_cast<Stored*>(from);
    ::new (to) Stored(std::move(*source));
    source->~Stored();
  }
  template <class Stored>
  static void destroy_inside(void* self) noexcept {
    static_cast<Stored*>(self)->~Stored();
  }
  template <class Stored>
  static Result call_outside(void* self, Arguments&&... arguments) {
    return call(**static_cast<Stored**>(self), std::forward<Arguments>(arguments)...);
  }
  template <class Stored>
  static void destroy_outside(void* self) noexcept {
    delete *static_cast<Stored**>(self);
  }

  template <class Stored>
  static std::string describe_inside(const void* self) {
    return detail::describe_callable(*static_cast<const Stored*>(self));
  }
  template <class Stored>
  static std::string describe_outside(const void* self) {
    return detail::describe_callable(**static_cast<Stored* const*>(self));
  }

  template <class Stored>
  static constexpr operations inside{
      &call_inside<Stored>, trivial<Stored> ? nullptr : &move_inside<Stored>,
      std::is_trivially_destructible_v<Stored> ? nullptr : &destroy_inside<Stored>, &describe_inside<Stored>};
  template <class Stored>
  static constexpr operations outside{&call_outside<Stored>, nullptr, &destroy_outside<Stored>,
                                      &describe_outside<Stored>};

  void take(unique_function& other) noexcept {
    table_ = std::exchange(other.table_, nullptr);
    if (!table_) return;
    if (table_->move) {
      table_->move(other.storage_, storage_);
    } else {
// What lies there may be smaller than the storage: the rest is copied unread.
#if !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
      __builtin_memcpy(storage_, other.storage_, capacity);
#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif
    }
  }

  alignas(void*) std::byte storage_[capacity];
  const operations* table_ = nullptr;
};

}  // namespace trireme
