#pragma once
#include <trireme/core/detail/gathering.hpp>
#include <trireme/core/detail/work_group.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/result.hpp>
#include <trireme/core/task.hpp>
#include <tuple>
#include <utility>
#include <vector>

namespace trireme {
namespace detail {

template <class... Work>
task<std::tuple<result<outcome_of<Work>>...>> all_settled_of(loop& owner, Work... work) {
  started_tuple<Work...> started(owner, decides::none, work...);
  co_await started.join();
  co_return started.collect(
      [](auto&... member) { return std::tuple<result<outcome_of<Work>>...>(member.take_result()...); });
}

template <class Work>
task<std::vector<result<outcome_of<Work>>>> all_settled_of_list(loop& owner, std::vector<Work> work) {
  started_list<Work> started(owner, decides::none, work);
  co_await started.join();
  std::vector<result<outcome_of<Work>>> outcomes;
  outcomes.reserve(work.size());
  started.each([&](auto& member) { outcomes.push_back(member.take_result()); });
  co_return outcomes;
}

}  // namespace detail

/// How each of what runs already ended, in the order given: a value or an error for each. Of an empty vector
/// at once. Never rejects.
///
/// Thread: the loop's. Order: the ticks are JavaScript's.
/// Source: https://tc39.es/ecma262/#sec-promise.allsettled
template <class T>
promise<std::vector<result<T>>> all_settled(loop& owner, std::vector<promise<T>> awaited) {
  return detail::gather<detail::wants_outcomes>(owner, std::move(awaited));
}
/// The same for tasks, which belong to the loop from then on.
template <class T>
promise<std::vector<result<T>>> all_settled(loop& owner, std::vector<task<T>> awaited) {
  return detail::gather<detail::wants_outcomes>(owner, detail::to_promises(std::move(awaited)));
}
/// The same for promises and tasks of any types: a tuple of results.
template <detail::running... Running>
requires(sizeof...(Running) > 0) auto all_settled(loop& owner, Running... awaited) {
  auto made = detail::gather<detail::wants_outcomes>(owner, std::index_sequence_for<Running...>(),
                                                     detail::to_promise(std::move(awaited))...);
  return detail::awaitable_of<decltype(made), Running...>(std::move(made));
}

/// Calls each `work`, which returns a task or a promise, and waits for all to end; an error stops none of the
/// others. Gives a task of a tuple of results. Everything else is as with `all` of callables.
template <class... Work>
requires(sizeof...(Work) > 0 && (detail::starts<Work> && ...)) auto all_settled(loop& owner, Work... work)
    -> detail::awaitable_for<task<std::tuple<result<detail::outcome_of<Work>>...>>, Work...> {
  return detail::all_settled_of<Work...>(owner, std::move(work)...);
}
/// The same for many of one type: a task of a vector of results.
template <detail::starts Work>
task<std::vector<result<detail::outcome_of<Work>>>> all_settled(loop& owner, std::vector<Work> work) {
  return detail::all_settled_of_list<Work>(owner, std::move(work));
}

}  // namespace trireme
