#pragma once
#include <trireme/core/detail/gathering.hpp>
#include <trireme/core/detail/work_group.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/task.hpp>
#include <utility>
#include <vector>

namespace trireme {
namespace detail {

/// The value of the member that decided, or its error thrown.
template <class T, class Started>
T take_decisive(Started& started) {
  if constexpr (std::is_void_v<T>) {
    raise(started.decisive());
  } else {
    std::optional<T> value;
    started.each([&](auto& member) {
      if (&member == started.decisive()) value.emplace(member.take_or_throw());
    });
    return std::move(*value);
  }
}

template <class... Work>
task<common_outcome<outcome_of<Work>...>> race_of(loop& owner, Work... work) {
  started_tuple<Work...> started(owner, decides::first_end, work...);
  co_await started.join();
  co_return take_decisive<common_outcome<outcome_of<Work>...>>(started);
}

template <class Work>
task<outcome_of<Work>> race_of_list(loop& owner, std::vector<Work> work) {
  started_list<Work> started(owner, decides::first_end, work);
  co_await started.join();
  co_return take_decisive<outcome_of<Work>>(started);
}

/// What nobody will settle, the loop keeps: who waits for it then goes with the loop.
template <class T>
struct unsettled final : kept_work, recycled {
  explicit unsettled(resolver<T> kept_resolver) : kept(std::move(kept_resolver)) {}
  void drop() noexcept override { delete this; }
  resolver<T> kept;
};
template <class T>
void never_settle(loop& owner, resolver<T> settles) {
  keep_with_loop(owner, *new unsettled<T>(std::move(settles)));
}

}  // namespace detail

/// Settles as the first does of what runs already; of an empty vector, never. What the others bring is
/// dropped, and a rejection counts as handled; they are not cancelled: hand in callables for that.
///
/// Thread: the loop's. Order: the ticks are JavaScript's. Source: https://tc39.es/ecma262/#sec-promise.race
template <class T>
promise<T> race(loop& owner, std::vector<promise<T>> running) {
  auto made = make_promise<T>(owner);
  if (running.empty()) detail::never_settle(owner, std::move(made.resolver));
  const auto shared = detail::make_recycled<resolver<T>>(std::move(made.resolver));
  for (auto& each : running) {
    detail::observe(std::move(each).release(),
                    [shared](detail::settlement<T>& ended) { detail::settle_as(*shared, ended); });
  }
  return std::move(made.promise);
}
/// The same for tasks, which belong to the loop from then on.
template <class T>
promise<T> race(loop& owner, std::vector<task<T>> running) {
  return race(owner, detail::to_promises(std::move(running)));
}
/// The same for promises and tasks of the same outcome.
template <detail::running... Running>
requires(sizeof...(Running) > 0) auto race(loop& owner, Running... running) {
  auto made = race(owner, detail::list_promises(std::move(running)...));
  return detail::awaitable_of<decltype(made), Running...>(std::move(made));
}

/// Calls each `work`, which returns a task or a promise of the same outcome, under a context of their own.
/// The first to end decides, with a value or an error; the others are told to stop, for `errc::canceled`, and
/// waited for. Everything else is as with `all` of callables.
template <class... Work>
requires(sizeof...(Work) > 0 && (detail::starts<Work> && ...)) auto race(loop& owner, Work... work)
    -> detail::awaitable_for<task<detail::common_outcome<detail::outcome_of<Work>...>>, Work...> {
  static_assert(detail::same_as_first<detail::outcome_of<Work>...>::value, "all have to bring the same type");
  return detail::race_of<Work...>(owner, std::move(work)...);
}
/// The same for many of one type, at least one.
template <detail::starts Work>
task<detail::outcome_of<Work>> race(loop& owner, std::vector<Work> work) {
  TRIREME_ASSERT(!work.empty());
  return detail::race_of_list<Work>(owner, std::move(work));
}

}  // namespace trireme
