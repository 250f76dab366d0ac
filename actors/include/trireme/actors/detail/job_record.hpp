#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <trireme/actors/detail/pool_job.hpp>
#include <trireme/actors/job_options.hpp>
#include <trireme/actors/pool_stats.hpp>
#include <trireme/core/context.hpp>
#include <trireme/core/detail/intrusive_list.hpp>
#include <trireme/core/timer.hpp>
#include <typeinfo>

namespace trireme::actors::detail {

/// What makes jobs without a name one kind: their function.
struct kind_id {
  const void* identity;
  const std::type_info* type;
};

template <class Function>
kind_id kind_of(const Function& function) noexcept {
  if constexpr (std::is_pointer_v<Function>) {
    return {reinterpret_cast<const void*>(function), &typeid(Function)};
  } else {
    return {&typeid(Function), &typeid(Function)};
  }
}

/// What is known of jobs of one kind.
struct job_kind {
  job_kind(const char* given_name_, const std::type_info& type_)
      : given_name(given_name_), type(type_), times(given_name_ ? std::make_unique<job_times>() : nullptr) {}
  std::string name() const;
  bool known() const noexcept { return usual >= duration::zero(); }
  void took(duration run) noexcept;
  /// One was not started for what its like took: or an estimate would never be put to the test again.
  void refused() noexcept { usual -= usual / 8; }

  const char* const given_name;  // null where it has none
  const std::type_info& type;
  duration usual{-1};     // a moving mean
  bool doubtful = false;  // the last one took so much longer that it must happen twice to count
  const std::unique_ptr<job_times> times;  // of those that have a name: nobody can ask for others
};

/// What the loop keeps of one job until that is answered. Never read by a worker.
struct job_record : trireme::detail::list_node {
  enum class standing : std::uint8_t {
    free,
    waiting,  // in the backlog, which owns the job
    out,      // handed to a worker: the job is in a queue, runs, or is on its way back
  };
  struct stopped final : stop_watch {
    explicit stopped(job_record& stopped_) noexcept : self(stopped_) {}
    void on_stop(const error& reason) override;
    job_record& self;
  };

  job_record(pool_core& owner, std::uint32_t its_number) noexcept : pool(owner), number(its_number) {}
  static constexpr time_point no_deadline = time_point::max();
  bool has_deadline() const noexcept { return deadline != no_deadline; }
  bool active() const noexcept { return stands == standing::waiting || stands == standing::out; }

  // What every job touches lies together.
  pool_core& pool;
  const std::uint32_t number;
  std::uint32_t generation = 0;
  standing stands = standing::free;
  priority class_ = priority::normal;
  bool keyed = false;
  bool asked_to_stop = false;  // while it is out; the answer is `stop_reason` then
  std::uint32_t lane = 0;      // the only one that it may go to where it has a key; the one that it went to
  std::uint32_t place = 0;     // which of that lane's jobs it is, while it is out
  pool_job* job = nullptr;
  job_kind* kind = nullptr;
  time_point submitted{};
  std::uint64_t sequence = 0;
  time_point deadline = no_deadline;
  context_ptr context;
  stopped watch{*this};

  timer alarm;  // at the deadline; then, where it was asked to stop, for the report
  time_point asked_at{};
  error stop_reason;
};

}  // namespace trireme::actors::detail
