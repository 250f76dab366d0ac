#pragma once
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <trireme/actors/detail/crossing.hpp>
#include <trireme/actors/job_context.hpp>
#include <trireme/actors/job_handle.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/error.hpp>
#include <trireme/core/loop.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace trireme::actors::detail {

/// Calls `work` and drops what it returns.
template <class Work>
struct for_nothing {
  template <class Item>
  requires std::is_invocable_v<Work&, Item>
  void operator()(Item&& item) { static_cast<void>(work(std::forward<Item>(item))); }
  Work work;
};

/// One `map` over a range: hands chunks to the pool, a bounded number at a time, and puts together what they
/// return.
///
/// Thread: the loop's. Lifetime: held by the answers that are still to come.
template <class Pool, class Item, class Work, class R>
class range_run : public std::enable_shared_from_this<range_run<Pool, Item, Work, R>> {
public:
  template <class T>
  struct many {
    using type = std::vector<T>;
  };
  using chunk_result =
      typename std::conditional_t<std::is_void_v<R>, std::type_identity<void>, many<R>>::type;
  using result_type = chunk_result;

  range_run(const Pool& pool, std::vector<Item> items, Work work, completion<result_type> done)
      : pool_(pool), items_(std::move(items)), work_(std::move(work)), done_(std::move(done)) {}

  template <class Items>
  static void start(const Pool& pool, Items items, Work work, std::size_t chunk,
                    completion<result_type> done) {
    auto self =
        std::make_shared<range_run>(pool, to_vector(std::move(items)), std::move(work), std::move(done));
    self->begin(chunk);
  }

private:
  using answers = std::conditional_t<std::is_void_v<R>, bool, chunk_result>;

  template <class Items>
  static std::vector<Item> to_vector(Items items) {
    std::vector<Item> made;
    if constexpr (std::ranges::sized_range<Items>) made.reserve(std::ranges::size(items));
    for (auto at = std::ranges::begin(items); at != std::ranges::end(items); ++at) {
      if constexpr (std::ranges::view<Items>) {
        made.push_back(*at);  // what a view shows is somebody else's
      } else {
        made.push_back(std::move(*at));
      }
    }
    return made;
  }

  void begin(std::size_t chunk) {
    const std::size_t at_once = std::min(2 * pool_.core_->most_workers(), pool_.core_->limit());
    chunk_ = chunk > 0 ? chunk : std::max<std::size_t>(1, items_.size() / (4 * at_once));
    kept_.resize((items_.size() + chunk_ - 1) / chunk_);
    handles_.resize(at_once);
    if (items_.empty()) {
      done_.owner().next_tick([self = this->shared_from_this()] { self->finish(); });
      return;
    }
    for (std::size_t slot = 0; slot < at_once; ++slot) start_next(slot);
  }

  void start_next(std::size_t slot) {
    const std::size_t first = next_ * chunk_;
    if (failure_ || first >= items_.size()) return;
    ++running_;
    if (!pool_.core_->has_place()) return wait_for_place(slot);
    const auto begin = items_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(chunk_, items_.size() - first));
    std::vector<Item> chunk(std::make_move_iterator(begin), std::make_move_iterator(end));
    handles_[slot] = submit(slot, next_++, std::move(chunk));
  }

  // Others have filled the pool.
  void wait_for_place(std::size_t slot) {
    const auto again = [self = this->shared_from_this(), slot](const error& failure) {
      --self->running_;
      if (failure) self->fail(failure);
      self->start_next(slot);
      if (self->running_ == 0) self->finish();
    };
    pool_.core_->room(completion<void>(done_.owner(), again));
  }

  job_handle submit(std::size_t slot, std::size_t which, std::vector<Item> chunk) {
    auto self = this->shared_from_this();
    if constexpr (std::is_void_v<R>) {
      return pool_.run_then(
          [self, slot, which](const error& failure) { self->answered(slot, which, failure, true); }, do_chunk,
          work_, std::move(chunk));
    } else {
      return pool_.run_then(
          [self, slot, which](const error& failure, chunk_result values) {
            self->answered(slot, which, failure, std::move(values));
          },
          do_chunk, work_, std::move(chunk));
    }
  }

  // Worker.
  static chunk_result do_chunk(job_context& job, Work work, std::vector<Item> items) {
    if constexpr (std::is_void_v<R>) {
      for (Item& item : items) {
        if (job.stop_requested()) return;
        work(std::move(item));
      }
    } else {
      chunk_result values;
      values.reserve(items.size());
      for (Item& item : items) {
        if (job.stop_requested()) break;
        values.push_back(work(std::move(item)));
      }
      return values;
    }
  }

  void answered(std::size_t slot, std::size_t which, const error& failure, answers values) {
    --running_;
    if (failure) {
      fail(failure);
    } else {
      kept_[which] = std::move(values);
      start_next(slot);
    }
    if (running_ == 0) finish();
  }

  void fail(const error& failure) {
    if (failure_) return;
    failure_ = failure;
    for (const job_handle& each : handles_) each.cancel();
  }

  void finish() {
    if (failure_) return done_.reject(failure_);
    if constexpr (std::is_void_v<R>) {
      done_.resolve();
    } else {
      result_type all;
      all.reserve(items_.size());
      for (chunk_result& each : kept_) {
        all.insert(all.end(), std::make_move_iterator(each.begin()), std::make_move_iterator(each.end()));
      }
      done_.resolve(std::move(all));
    }
  }

  Pool pool_;
  std::vector<Item> items_;
  Work work_;
  completion<result_type> done_;
  std::size_t chunk_ = 1;
  std::size_t next_ = 0;     // chunk
  std::size_t running_ = 0;  // chunks, and waits for a place
  error failure_;
  std::vector<job_handle> handles_;  // so many at a time
  std::vector<answers> kept_;        // of each chunk
};

/// What becomes of a range; says in words why nothing can.
template <class Items, class Work>
struct range_work {
  using item = std::ranges::range_value_t<Items>;
  static_assert(
      std::is_invocable_v<Work&, item>,
      "trireme: the function cannot be called with an item of the range: each is moved in, as a value.");
  using result = std::invoke_result_t<Work&, item>;
  static_assert(all_cross<Work, item, result>());
};
template <class Pool, class Items, class Work>
using range_run_of =
    range_run<Pool, typename range_work<Items, Work>::item, Work, typename range_work<Items, Work>::result>;

}  // namespace trireme::actors::detail
