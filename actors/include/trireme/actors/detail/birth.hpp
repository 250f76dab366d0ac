#pragma once
#include <memory>
#include <trireme/actors/detail/cell.hpp>
#include <trireme/actors/detail/crossing.hpp>
#include <trireme/actors/detail/envelope.hpp>
#include <tuple>
#include <utility>

namespace trireme::actors::detail {

/// What makes an actor, on its worker.
class birth : public envelope {
public:
  using envelope::envelope;
  virtual cell* make() = 0;
  bool gives_birth() const noexcept final { return true; }
  void deliver(std::unique_ptr<envelope>, cell&) final {}
};

template <class A, class... Arguments>
class typed_birth final : public birth {
  static_assert(std::is_base_of_v<cell, A>, "trireme: an actor derives from trireme::actors::actor<itself>.");
  static_assert(std::is_constructible_v<A, Arguments...>,
                "trireme: the actor cannot be made of these arguments: each is moved in, as a value.");
  static_assert(alignof(A) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__, "trireme: an actor cannot be over-aligned.");
  static_assert(all_cross<Arguments...>());

public:
  explicit typed_birth(const address& to, Arguments&&... arguments)
      : birth(to), arguments_(std::move(arguments)...) {}
  cell* make() override {
    return std::apply([](Arguments&... given) { return new A(std::move(given)...); }, arguments_);
  }
  const std::type_info& content() const noexcept override { return typeid(A); }

private:
  std::tuple<Arguments...> arguments_;
};

}  // namespace trireme::actors::detail
