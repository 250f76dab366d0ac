#pragma once
#include <trireme/core/detail/gathering.hpp>
#include <trireme/core/detail/work_group.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/task.hpp>
#include <utility>
#include <vector>

namespace trireme {
namespace detail {

template <class... T>
using all_values = typename tuple_of_outcomes<wants_values, T...>::type;
template <class T>
using all_values_list = typename list_of_outcomes<wants_values, T>::type;

template <class... Work>
task<all_values<outcome_of<Work>...>> all_of(loop& owner, Work... work) {
  started_tuple<Work...> started(owner, decides::first_failure, work...);
  co_await started.join();
  raise(started.decisive());
  if constexpr (!std::is_void_v<all_values<outcome_of<Work>...>>) {
    co_return started.collect([](auto&... member) {
      return all_values<outcome_of<Work>...>(member.template take<wants_values>()...);
    });
  }
}

template <class Work>
task<all_values_list<outcome_of<Work>>> all_of_list(loop& owner, std::vector<Work> work) {
  started_list<Work> started(owner, decides::first_failure, work);
  co_await started.join();
  raise(started.decisive());
  if constexpr (!std::is_void_v<outcome_of<Work>>) {
    all_values_list<outcome_of<Work>> values;
    values.reserve(work.size());
    started.each([&](auto& member) { values.push_back(member.template take<wants_values>()); });
    co_return values;
  }
}

}  // namespace detail

/// All values of what runs already, in the order given, however they come: a vector, of void nothing; of an
/// empty vector at once. The first rejection rejects it; later ones count as handled.
///
///     auto both = co_await all(loop, fetch(loop, "a"), fetch(loop, "b"));   // std::tuple<page, page>
///
/// Nothing is cancelled, for what runs already has a context of its own: hand in callables for that. They are
/// also started in the order given; the calls among one call's arguments are in none.
///
/// Thread: the loop's. Order: the ticks are JavaScript's. Source: https://tc39.es/ecma262/#sec-promise.all
template <class T>
auto all(loop& owner, std::vector<promise<T>> awaited) {
  return detail::gather<detail::wants_values>(owner, std::move(awaited));
}
/// The same for tasks, which belong to the loop from then on.
template <class T>
auto all(loop& owner, std::vector<task<T>> awaited) {
  return detail::gather<detail::wants_values>(owner, detail::to_promises(std::move(awaited)));
}
/// The same for promises and tasks of any types: a tuple, with `std::monostate` in the place of void; nothing
/// where all are void.
template <detail::running... Running>
requires(sizeof...(Running) > 0) auto all(loop& owner, Running... awaited) {
  auto made = detail::gather<detail::wants_values>(owner, std::index_sequence_for<Running...>(),
                                                   detail::to_promise(std::move(awaited))...);
  return detail::awaitable_of<decltype(made), Running...>(std::move(made));
}

/// Calls each `work`, which returns a task or a promise, under a context of their own; gives a task of a
/// tuple of their values, or of nothing where all are void. On the first error the others are told to stop,
/// for `errc::canceled`, and waited for; then the task fails with that error. So when it has ended nothing of
/// it still runs, and what the callables captured may go.
///
///     auto both = all(loop, [&] { return fetch(loop, a); }, [&] { return fetch(loop, b); });
///     auto [first, second] = co_await std::move(both);
///
/// Thread: the loop's. Lifetime: the callables are kept until the end; dropping the task destroys the tasks
/// in it and tells the promises to stop. Errors: what the others fail with after the first is dropped, for as
/// a rule it is the stop. With g++ 12, callables whose captures have destructors make it a task that is
/// awaited as an lvalue, in a statement of its own: `co_await both`.
template <class... Work>
requires(sizeof...(Work) > 0 && (detail::starts<Work> && ...)) auto all(loop& owner, Work... work)
    -> detail::awaitable_for<task<detail::all_values<detail::outcome_of<Work>...>>, Work...> {
  return detail::all_of<Work...>(owner, std::move(work)...);
}
/// The same for many of one type: a task of a vector, or of nothing.
template <detail::starts Work>
auto all(loop& owner, std::vector<Work> work) -> task<detail::all_values_list<detail::outcome_of<Work>>> {
  return detail::all_of_list<Work>(owner, std::move(work));
}

}  // namespace trireme
