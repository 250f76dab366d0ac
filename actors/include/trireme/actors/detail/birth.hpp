#pragma once
#include <cstddef>
#include <memory>
#include <trireme/actors/detail/cell.hpp>
#include <trireme/actors/detail/crossing.hpp>
#include <trireme/actors/detail/envelope.hpp>
#include <trireme/core/detail/recycler.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trireme::actors::detail {

/// What becomes an actor, on its worker.
class birth : public envelope {
public:
  using envelope::envelope;
  /// Turns into the actor, for which this memory was taken: what was given birth to is gone when this returns
  /// or throws.
  static cell* become(std::unique_ptr<birth> what) { return what.release()->turn_into_actor(); }
  /// Whether the actor has something to do before its first message.
  virtual bool starts() const noexcept = 0;
  bool gives_birth() const noexcept final { return true; }
  void deliver(std::unique_ptr<envelope>, cell&) final {}

private:
  virtual cell* turn_into_actor() = 0;
};

/// Whether its `on_start` is the one that does nothing.
template <class A>
concept starts_idle = requires {
  requires std::is_same_v<decltype(&A::on_start), void (cell::*)()>;
};

/// Whether it does not bring its own memory.
template <class A>
concept recycled_as_others = requires {
  requires A::operator delete == cell::operator delete;
};

template <class A, class... Arguments>
class typed_birth final : public birth {
  static_assert(std::is_base_of_v<cell, A>, "trireme: an actor derives from trireme::actors::actor<itself>.");
  static_assert(std::is_constructible_v<A, Arguments...>,
                "trireme: the actor cannot be made of these arguments: each is moved in, as a value.");
  static_assert(alignof(A) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__, "trireme: an actor cannot be over-aligned.");
  static_assert(all_cross<Arguments...>());
  static_assert(alignof(std::tuple<Arguments...>) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
                "trireme: over-aligned values travel behind a unique_ptr.");

public:
  explicit typed_birth(const address& to, Arguments&&... arguments)
      : birth(to), arguments_(std::move(arguments)...) {}
  bool starts() const noexcept override { return !starts_idle<A>; }
  const std::type_info& content() const noexcept override { return typeid(A); }

  static void* operator new(std::size_t size) { return trireme::detail::recycled_allocate(room(size)); }
  static void operator delete(void* block, std::size_t size) noexcept {
    trireme::detail::recycled_free(block, room(size));
  }

private:
  // An actor that takes less than its arguments does, or brings its own memory, is made elsewhere.
  static constexpr bool fits() noexcept { return sizeof(A) >= sizeof(typed_birth) && recycled_as_others<A>; }
  static std::size_t room(std::size_t size) noexcept { return fits() ? sizeof(A) : size; }

  cell* turn_into_actor() override {
    std::unique_ptr<typed_birth> self(this);  // moving may throw
    std::tuple<Arguments...> given(std::move(arguments_));
    if constexpr (fits()) {
      void* const memory = self.release();
      this->~typed_birth();
      return std::apply([memory](Arguments&... each) { return make_here(memory, each...); }, given);
    } else {
      self.reset();
      return std::apply([](Arguments&... each) { return new A(std::move(each)...); }, given);
    }
  }
  static cell* make_here(void* memory, Arguments&... given) {
    try {
      return ::new (memory) A(std::move(given)...);
    } catch (...) {
      trireme::detail::recycled_free(memory, sizeof(A));
      throw;
    }
  }

  std::tuple<Arguments...> arguments_;
};

}  // namespace trireme::actors::detail
