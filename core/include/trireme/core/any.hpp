#pragma once
#include <trireme/core/detail/gathering.hpp>
#include <trireme/core/detail/work_group.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/race.hpp>
#include <trireme/core/task.hpp>
#include <utility>
#include <vector>

namespace trireme {
namespace detail {

template <class T>
class first_value {
public:
  first_value(resolver<T> target, std::size_t size)
      : target_(std::move(target)), failures_(size), left_(size) {
    if (size == 0) target_.reject(all_failed(failures_));
  }
  void arrived(std::size_t which, settlement<T>& ended) {
    if (!ended.failed()) return settle_as(target_, ended);
    failures_[which] = ended.failure();
    if (--left_ == 0) target_.reject(all_failed(failures_));
  }

private:
  resolver<T> target_;
  std::vector<error> failures_;
  std::size_t left_;
};

/// A stop of the caller is told as such, not as the failures that it brought about.
template <class Started>
void raise_if_all_failed(loop& owner, Started& started) {
  if (started.decisive()) return;
  if (const auto& context = owner.current(); context && context->stop_requested()) {
    context->stop_reason().raise();
  }
  std::vector<error> failures;
  started.each([&](const group_member& member) { failures.push_back(member.failure()); });
  throw all_failed(failures);
}

template <class... Work>
task<common_outcome<outcome_of<Work>...>> any_of(loop& owner, Work... work) {
  started_tuple<Work...> started(owner, decides::first_value, work...);
  co_await started.join();
  raise_if_all_failed(owner, started);
  co_return take_decisive<common_outcome<outcome_of<Work>...>>(started);
}

template <class Work>
task<outcome_of<Work>> any_of_list(loop& owner, std::vector<Work> work) {
  started_list<Work> started(owner, decides::first_value, work);
  co_await started.join();
  raise_if_all_failed(owner, started);
  co_return take_decisive<outcome_of<Work>>(started);
}

}  // namespace detail

/// The first value of what runs already. Where there is none, an empty vector's case too, it rejects with
/// `errc::all_failed`, whose message holds the texts of the first 16 failures, in the order given. What the
/// others bring is dropped; they are not cancelled: hand in callables for that.
///
/// Thread: the loop's. Order: the ticks are JavaScript's. Source: https://tc39.es/ecma262/#sec-promise.any
template <class T>
promise<T> any(loop& owner, std::vector<promise<T>> running) {
  auto made = make_promise<T>(owner);
  const auto shared = detail::make_recycled<detail::first_value<T>>(std::move(made.resolver), running.size());
  for (std::size_t which = 0; which < running.size(); ++which) {
    detail::observe(std::move(running[which]).release(),
                    [shared, which](detail::settlement<T>& ended) { shared->arrived(which, ended); });
  }
  return std::move(made.promise);
}
/// The same for tasks, which belong to the loop from then on.
template <class T>
promise<T> any(loop& owner, std::vector<task<T>> running) {
  return any(owner, detail::to_promises(std::move(running)));
}
/// The same for promises and tasks of the same outcome.
template <detail::running... Running>
requires(sizeof...(Running) > 0) auto any(loop& owner, Running... running) {
  auto made = any(owner, detail::list_promises(std::move(running)...));
  return detail::awaitable_of<decltype(made), Running...>(std::move(made));
}

/// Calls each `work`, which returns a task or a promise of the same outcome, under a context of their own.
/// The first value decides; the others are told to stop, for `errc::canceled`, and waited for. Where all
/// fail, it fails with `errc::all_failed`, or with the reason of a stop of the caller. Everything else is as
/// with `all` of callables.
template <class... Work>
requires(sizeof...(Work) > 0 && (detail::starts<Work> && ...)) auto any(loop& owner, Work... work)
    -> detail::awaitable_for<task<detail::common_outcome<detail::outcome_of<Work>...>>, Work...> {
  static_assert(detail::same_as_first<detail::outcome_of<Work>...>::value, "all have to bring the same type");
  return detail::any_of<Work...>(owner, std::move(work)...);
}
/// The same for many of one type.
template <detail::starts Work>
task<detail::outcome_of<Work>> any(loop& owner, std::vector<Work> work) {
  return detail::any_of_list<Work>(owner, std::move(work));
}

}  // namespace trireme
