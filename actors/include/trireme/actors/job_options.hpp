#pragma once
#include <cstdint>
#include <optional>
#include <trireme/core/clock.hpp>

namespace trireme::actors {

namespace detail {
class pool_core;
}

/// Which waiting job goes first: of 21 that a worker takes from those that wait, 16 are urgent, 4 normal and
/// 1 is background, where all three wait for it. So none starves.
enum class priority : std::uint8_t { urgent, normal, background };

/// How one job is treated; for `pool::with`.
///
///     pool.with(job_options().urgent().within(5ms)).run(render, page);
class job_options {
public:
  job_options() {}

  job_options& urgent() noexcept { return of(priority::urgent); }
  job_options& background() noexcept { return of(priority::background); }
  job_options& of(priority given) noexcept {
    class_ = given;
    return *this;
  }
  /// The job must end by then. It is not started where, by how long its like took lately, it cannot; one
  /// that runs is asked to stop. Either way it is answered `errc::timed_out`; what has ended by then is not
  /// late because the loop is. The deadline of the context that a job is submitted in counts likewise, and
  /// the nearer one holds. On the loop's clock.
  job_options& until(time_point when) noexcept {
    until_ = when;
    return *this;
  }
  /// The same, from the moment of submission.
  job_options& within(duration limit) noexcept {
    within_ = limit;
    return *this;
  }
  /// Jobs of one key run on one worker, one after another, in the order submitted within their class. Two
  /// keys may share a worker. What a `per_worker` holds stays warm for them, until that worker has had
  /// nothing to do for `pool_options::idle_timeout`.
  job_options& key(std::uint64_t given) noexcept {
    key_ = given;
    return *this;
  }
  /// What reports and statistics call the job; else they name the function's type. Jobs of one name are one
  /// kind: what they took is the estimate for the next. A literal, or what else outlives the pool; each name
  /// costs 10 KiB for as long as that lives.
  job_options& named(const char* literal) noexcept {
    name_ = literal;
    return *this;
  }

private:
  friend class detail::pool_core;
  bool has_deadline() const noexcept { return until_ != time_point::max() || within_ != duration::max(); }
  time_point until_ = time_point::max();
  duration within_ = duration::max();
  std::optional<std::uint64_t> key_;
  const char* name_ = nullptr;
  priority class_ = priority::normal;
};

}  // namespace trireme::actors
