#pragma once
#include <memory>
#include <optional>
#include <trireme/core/promise.hpp>
#include <utility>
#include <vector>

namespace trireme {
namespace detail {

template <class T>
struct gathering {
  gathering(resolver<std::vector<T>> target, std::size_t size)
      : outcome(std::move(target)), values(size), left(size) {}
  void arrived(std::size_t which, T value) {
    values[which].emplace(std::move(value));
    if (--left > 0) return;
    std::vector<T> taken;
    taken.reserve(values.size());
    for (auto& each : values) taken.push_back(std::move(*each));
    outcome.resolve(std::move(taken));
  }
  resolver<std::vector<T>> outcome;
  std::vector<std::optional<T>> values;
  std::size_t left;
};

template <>
struct gathering<void> {
  gathering(resolver<void> target, std::size_t size) : outcome(std::move(target)), left(size) {}
  void arrived() {
    if (--left == 0) outcome.resolve();
  }
  resolver<void> outcome;
  std::size_t left;
};

}  // namespace detail

/// All values in the order of the promises, however they come; of nothing, at once. The first rejection
/// rejects it; later ones count as handled. Nothing is cancelled: promises run already. Source:
/// https://tc39.es/ecma262/#sec-promise.all
template <class T>
promise<std::vector<T>> all(loop& owner, std::vector<promise<T>> awaited) {
  auto gathered = make_promise<std::vector<T>>(owner);
  if (awaited.empty()) gathered.resolver.resolve(std::vector<T>());
  const auto shared = std::make_shared<detail::gathering<T>>(std::move(gathered.resolver), awaited.size());
  for (std::size_t which = 0; which < awaited.size(); ++which) {
    std::move(awaited[which])
        .then([shared, which](T&& value) { shared->arrived(which, std::move(value)); },
              [shared](const error& reason) { shared->outcome.reject(reason); })
        .detach();
  }
  return std::move(gathered.promise);
}
inline promise<void> all(loop& owner, std::vector<promise<void>> awaited) {
  auto gathered = make_promise<void>(owner);
  if (awaited.empty()) gathered.resolver.resolve();
  const auto shared = std::make_shared<detail::gathering<void>>(std::move(gathered.resolver), awaited.size());
  for (auto& each : awaited) {
    std::move(each)
        .then([shared] { shared->arrived(); },
              [shared](const error& reason) { shared->outcome.reject(reason); })
        .detach();
  }
  return std::move(gathered.promise);
}

/// Settles as the first of the promises does; of nothing, never. What the others bring is dropped.
/// Source: https://tc39.es/ecma262/#sec-promise.race
template <class T>
promise<T> race(loop& owner, std::vector<promise<T>> running) {
  auto first = make_promise<T>(owner);
  const auto shared = std::make_shared<resolver<T>>(std::move(first.resolver));
  for (auto& each : running) {
    std::move(each)
        .then([shared](auto&&... value) { shared->resolve(std::forward<decltype(value)>(value)...); },
              [shared](const error& reason) { shared->reject(reason); })
        .detach();
  }
  return std::move(first.promise);
}

}  // namespace trireme
