#pragma once
#include <cstddef>
#include <optional>
#include <trireme/core/detail/make_recycled.hpp>
#include <trireme/core/detail/operations.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/result.hpp>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace trireme::detail {

/// Combinators that want values, and fail without one.
struct wants_values {
  template <class T>
  using kept = value_of<T>;
  static bool spoils(const settlement_base& ended) noexcept { return ended.failed(); }
  template <class T>
  static kept<T> take(settlement<T>& ended) {
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return std::move(ended.value());
    }
  }
};
/// Combinators that want each outcome, whichever it is.
struct wants_outcomes {
  template <class T>
  using kept = result<T>;
  static bool spoils(const settlement_base&) noexcept { return false; }
  template <class T>
  static kept<T> take(settlement<T>& ended) {
    return ended.take_result();
  }
};

template <class Wants, class T>
inline constexpr bool keeps_nothing = std::is_same_v<typename Wants::template kept<T>, std::monostate>;

/// One place for each outcome of many alike; of those without values only their number.
template <class Wants, class T>
class list_of_outcomes {
public:
  using kept = typename Wants::template kept<T>;
  using type = std::conditional_t<keeps_nothing<Wants, T>, void, std::vector<kept>>;

  explicit list_of_outcomes(std::size_t size) : places_(size) {}
  void keep(std::size_t which, settlement<T>& ended) { keep_value(which, Wants::take(ended)); }
  void keep_value(std::size_t which, kept value) { places_[which].emplace(std::move(value)); }
  type collect() {
    if constexpr (!std::is_void_v<type>) {
      type collected;
      collected.reserve(places_.size());
      for (auto& each : places_) collected.push_back(std::move(*each));
      return collected;
    }
  }

private:
  std::vector<std::optional<kept>> places_;
};

/// The same for a few of different types.
template <class Wants, class... T>
class tuple_of_outcomes {
public:
  using type = std::conditional_t<(keeps_nothing<Wants, T> && ...), void,
                                  std::tuple<typename Wants::template kept<T>...>>;

  template <std::size_t Which, class U>
  void keep(settlement<U>& ended) {
    std::get<Which>(places_).emplace(Wants::take(ended));
  }
  type collect() {
    if constexpr (!std::is_void_v<type>) {
      return std::apply([](auto&... place) { return type(std::move(*place)...); }, places_);
    }
  }

private:
  std::tuple<std::optional<typename Wants::template kept<T>>...> places_;
};

/// What the reactions of one combinator share: it settles when all have come, or at the first that spoils it.
template <class Wants, class Outcomes>
class gathering {
public:
  using type = typename Outcomes::type;
  template <class... Arguments>
  gathering(resolver<type> target, std::size_t size, Arguments... arguments)
      : target_(std::move(target)), outcomes_(arguments...), left_(size) {
    if (left_ == 0) finish();
  }
  template <class Keep>
  void arrived(const settlement_base& ended, Keep keep) {
    if (Wants::spoils(ended)) return target_.reject(ended.failure());
    keep(outcomes_);
    if (--left_ == 0) finish();
  }

private:
  void finish() {
    if constexpr (std::is_void_v<type>) {
      target_.resolve();
    } else {
      target_.resolve(outcomes_.collect());
    }
  }
  resolver<type> target_;
  Outcomes outcomes_;
  std::size_t left_;
};

template <class Wants, class T>
auto gather(loop& owner, std::vector<promise<T>> awaited) {
  using outcomes = list_of_outcomes<Wants, T>;
  auto made = make_promise<typename outcomes::type>(owner);
  const auto shared =
      make_recycled<gathering<Wants, outcomes>>(std::move(made.resolver), awaited.size(), awaited.size());
  for (std::size_t which = 0; which < awaited.size(); ++which) {
    observe(std::move(awaited[which]).release(), [shared, which](settlement<T>& ended) {
      shared->arrived(ended, [&](outcomes& all) { all.keep(which, ended); });
    });
  }
  return std::move(made.promise);
}

template <class Wants, std::size_t... Which, class... T>
auto gather(loop& owner, std::index_sequence<Which...>, promise<T>... awaited) {
  using outcomes = tuple_of_outcomes<Wants, T...>;
  auto made = make_promise<typename outcomes::type>(owner);
  const auto shared = make_recycled<gathering<Wants, outcomes>>(std::move(made.resolver), sizeof...(T));
  (observe(std::move(awaited).release(),
           [shared](settlement<T>& ended) {
             shared->arrived(ended, [&](outcomes& all) { all.template keep<Which>(ended); });
           }),
   ...);
  return std::move(made.promise);
}

template <class T>
std::vector<promise<T>> to_promises(std::vector<task<T>> running) {
  std::vector<promise<T>> made;
  made.reserve(running.size());
  for (auto& each : running) made.push_back(std::move(each).as_promise());
  return made;
}
template <class... Running>
auto list_promises(Running... running) {
  std::vector<promise<common_outcome<typename unwrap<Running>::type...>>> made;
  made.reserve(sizeof...(Running));
  (made.push_back(to_promise(std::move(running))), ...);
  return made;
}

/// The failures of `any`, counted; the message holds the first of their texts.
error all_failed(const std::vector<error>& failures);

}  // namespace trireme::detail
