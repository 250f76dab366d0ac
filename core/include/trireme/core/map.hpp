#pragma once
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <trireme/core/all.hpp>
#include <trireme/core/assert.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace trireme {
namespace detail {

template <class Items>
using item_of = decltype(std::move(*std::begin(std::declval<Items&>())));

/// What the lanes of one `map` share: each takes the next item until none is left.
template <class Items, class Work>
class mapping {
public:
  using outcome = outcome_of<Work, item_of<Items>>;
  mapping(loop& owner, Items& items, Work& work)
      : owner_(owner), next_(std::begin(items)), left_(std::size(items)), work_(work), outcomes_(left_) {}

  /// Whether there is one; throws the reason of a stop instead of starting anything after it.
  bool more() const {
    if (left_ == 0) return false;
    if (const auto& context = owner_.current(); context && context->stop_requested()) {
      context->stop_reason().raise();
    }
    return true;
  }
  std::size_t left() const noexcept { return left_; }
  std::size_t place() const noexcept { return index_; }
  started_by<Work, item_of<Items>> start() {
    --left_;
    ++index_;
    auto item = next_++;
    return work_(std::move(*item));
  }
  void keep(std::size_t which, value_of<outcome> value) { outcomes_.keep_value(which, std::move(value)); }
  all_values_list<outcome> collect() { return outcomes_.collect(); }

private:
  loop& owner_;
  decltype(std::begin(std::declval<Items&>())) next_;
  std::size_t index_ = 0;
  std::size_t left_;
  Work& work_;
  list_of_outcomes<wants_values, outcome> outcomes_;
};

template <class Items, class Work>
task<void> run_lane(loop&, mapping<Items, Work>& shared) {
  while (shared.more()) {
    const std::size_t which = shared.place();
    auto running = shared.start();
    if constexpr (std::is_void_v<typename mapping<Items, Work>::outcome>) {
      co_await std::move(running);
    } else {
      shared.keep(which, co_await std::move(running));
    }
  }
}

template <class Items, class Work>
struct lane {
  task<void> operator()() { return run_lane<Items, Work>(*owner, *shared); }
  loop* owner;
  mapping<Items, Work>* shared;
};

template <class Items, class Work>
task<all_values_list<outcome_of<Work, item_of<Items>>>> map_all(loop& owner, Items items, std::size_t limit,
                                                                Work work) {
  mapping<Items, Work> shared(owner, items, work);
  std::vector<lane<Items, Work>> lanes(std::min(limit, shared.left()), lane<Items, Work>{&owner, &shared});
  auto ended = all(owner, std::move(lanes));
  co_await std::move(ended);
  co_return shared.collect();
}

}  // namespace detail

/// Calls `work` with each of `items`, moved out of the container, in its order; `work` returns a task or a
/// promise. At most `limit`, which is not 0, are under way at any time. Gives a task of a vector of the
/// values, in the order of the items, or of nothing where there are no values.
///
///     auto pages = co_await map(loop, urls, 4, fetch_page);   // task<page> fetch_page(std::string url);
///
/// On the first error the others are told to stop, for `errc::canceled`, and waited for, no further item is
/// started, and the task fails with that error. A stop of the caller's context ends it in the same way.
///
/// Thread: the loop's. Lifetime: items and callable are kept until the end; dropping the task drops what is
/// under way. With g++ 12, a callable whose captures have destructors makes it a task that is awaited as an
/// lvalue, in a statement of its own.
template <class Items, class Work>
requires detail::starts<Work, detail::item_of<Items>>
auto map(loop& owner, Items items, std::size_t limit, Work work)
    -> detail::awaitable_for<task<detail::all_values_list<detail::outcome_of<Work, detail::item_of<Items>>>>,
                             Work> {
  TRIREME_ASSERT(limit > 0);
  return detail::map_all<Items, Work>(owner, std::move(items), limit, std::move(work));
}

}  // namespace trireme
