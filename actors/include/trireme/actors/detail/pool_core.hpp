#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <trireme/actors/detail/backlog.hpp>
#include <trireme/actors/detail/handler_slot.hpp>
#include <trireme/actors/detail/job_record.hpp>
#include <trireme/actors/detail/loop_hold.hpp>
#include <trireme/actors/detail/pool_anchor.hpp>
#include <trireme/actors/detail/pool_worker.hpp>
#include <trireme/actors/job_handle.hpp>
#include <trireme/actors/pool_options.hpp>
#include <trireme/core/completion.hpp>
#include <trireme/core/counters.hpp>
#include <trireme/core/detail/inbox.hpp>
#include <trireme/core/detail/loop_state.hpp>
#include <trireme/core/detail/waiting.hpp>
#include <unordered_map>
#include <vector>

namespace trireme::actors::detail {

/// A pool behind its public face. Jobs wait in the backlog, on the loop, and are handed to a worker's lane
/// when that has nothing to do, or little. A worker does them in that order and counts; what else it sends
/// comes through one queue. The loop is told once of any number of either.
///
/// Lifetime: the pool's, and until the last of its jobs was answered.
class pool_core final : public trireme::detail::flushable,
                        public trireme::detail::async_handle,
                        public std::enable_shared_from_this<pool_core> {
public:
  pool_core(loop& owner, const pool_options& options);
  pool_core(const pool_core&) = delete;
  pool_core& operator=(const pool_core&) = delete;
  ~pool_core();

  // Constant after construction.
  loop& owner() const noexcept { return loop_; }
  std::size_t most_workers() const noexcept { return lanes_.size(); }
  std::size_t limit() const noexcept { return limit_; }
  std::size_t progress_limit() const noexcept { return progress_limit_; }
  bool may_block() const noexcept { return threads_; }

  // Workers.
  trireme::detail::job_queue& messages() noexcept { return messages_; }
  void notify() noexcept { inbox_->send(*this); }
  time_point worker_time() const noexcept;

  // The loop's thread.
  /// Starts the workers that are always there. Throws as the pool's constructor.
  void start();
  job_handle submit(std::unique_ptr<pool_job> job, const kind_id& kind, const job_options& how);
  /// True where it will never start.
  bool cancel(job_record& record, const error& reason);
  job_record* find(std::uint32_t number, std::uint32_t generation) noexcept;
  void worker_ended(std::size_t lane);
  void close() noexcept;
  void shut_down() noexcept;
  void drained(completion<void> done);
  void room(completion<void> done);
  void on_ignored_stop(unique_function<void(const ignored_stop&)> handler);
  const job_times& times() const noexcept { return times_; }
  const job_times* times(const char* name) noexcept;
  std::size_t running() const noexcept { return running_; }
  std::size_t outstanding() const noexcept { return outstanding_; }
  bool has_place() const noexcept { return outstanding_ < limit_; }
  std::size_t waiting(priority which) const noexcept { return backlog_.waiting(which); }
  std::size_t next_local() noexcept { return locals_++; }

private:
  struct farewell;
  static constexpr std::uint32_t most_handed = 1024;
  // One for each worker that there may be.
  struct lane {
    ~lane() { discard_all(); }
    bool open() const noexcept { return worker && !retiring; }
    std::uint32_t handed() const noexcept { return given - taken; }
    void discard_all() noexcept;
    void push();

    std::unique_ptr<pool_worker> worker;
    // Jobs that are out with it, in order; owned here. Some may have been stopped or taken back since.
    std::array<trireme::detail::job*, most_handed> out;
    std::array<duration, most_handed> charged;  // how long each should take
    std::uint32_t given = 0;                    // all jobs that were ever given to it
    std::uint32_t pushed = 0;                   // those that were handed over
    std::uint32_t done = 0;                     // what its worker had done of them when last looked at
    std::uint32_t taken = 0;                    // those that were answered
    duration ahead{};                           // how long those should take that are out
    time_point last_return{};
    bool stuck = false;  // nothing has come back for long, and its jobs went to others
    bool retiring = false;
    alignas(128) done_count done_by_worker{0};
  };

  // pool_core.cpp: a job's life.
  error reason_to_refuse(const job_options& how);
  bool make_room(priority wanted);
  void place(job_record& record);
  struct retracted {
    loop& owner;
    context_ptr context;
    std::unique_ptr<pool_job> job;
  };
  retracted retract(job_record& record);
  void drop(job_record& record, const error& why);
  void drop_late(job_record& record);
  job_record& enter(std::unique_ptr<pool_job> job, const kind_id& kind, const job_options& how);
  time_point deadline_of(const job_options& how) const;
  bool too_late(const job_record& record) const;
  job_kind& kind_for(const kind_id& id, const char* name) {
    const void* const identity = name ? name : id.identity;
    return identity == latest_identity_ ? *latest_kind_ : kind_by(identity, id, name);
  }
  job_kind& kind_by(const void* identity, const kind_id& id, const char* name);
  job_kind* find_kind(std::string_view name) noexcept;
  job_handle handle_of(const job_record& record) const {
    return job_handle(anchor_, record.number, record.generation);
  }
  void arm_alarm(job_record& record);
  void expire(job_record& record);
  bool back_in_time(const job_record& record) const noexcept;
  context_ptr answered(job_record& record) noexcept;  // forgets it; gives what it was submitted under

  // pool_reports.cpp: whom it tells what.
  void report_later(job_record& record);
  void report_ignored(job_record& record);
  void tell_drained_later();
  void tell_room_soon();
  void tell_room();

  // pool_delivery.cpp: what comes back.
  void on_async() override;
  void deliver();
  void deliver_rest();
  void look();
  void deliver_messages();
  void deliver_answers();
  bool deliver_answers(lane& from);
  bool may_deliver() noexcept;
  void deliver_answer(lane& from);
  std::unique_ptr<pool_job> take_oldest(lane& from) noexcept;
  static void fetch_ahead(const lane& from) noexcept;
  void came_home(pool_job& job);
  void answer_stopped(pool_job& job);
  void measure(job_record& record, const pool_job& job) noexcept;
  bool anything_new() const noexcept;

  // pool_lanes.cpp: which worker does it.
  void flush() override { hand_out(); }
  bool give_at_once(job_record& record);
  void hand_out();
  bool serve_lanes(bool only_idle);
  bool serve(std::size_t which);
  bool has_room(const lane& to, const job_kind& kind) const noexcept;
  void give(std::size_t which, job_record& record);
  bool grow();
  void give_up(std::size_t which, const error& reason);
  void open(std::size_t which);
  void retire(lane& which) noexcept;
  void retire_all() noexcept;
  void look_later();
  void look_for_stuck_lanes();
  void take_back(lane& from);
  void replace_job(job_record& record);
  void shrink_later(duration after);
  void shrink();

  // Constant after construction.
  loop& loop_;
  trireme::detail::loop_state& loop_state_;
  const std::shared_ptr<trireme::detail::inbox> inbox_;
  worker_host& host_;
  const bool threads_;
  const bool own_time_;  // threads under a loop whose time is virtual
  const std::string name_;
  const polling polling_;
  const std::size_t min_workers_;
  const duration idle_timeout_;
  const std::size_t limit_;
  const when_full policy_;
  const duration hand_ahead_;  // none in threads' own time: the loop's clock would not see it end
  const duration report_after_;
  const std::size_t progress_limit_;
  counter& full_;
  counter& dropped_;
  counter& expired_;
  counter& ignored_;

  // The loop's thread.
  pool_anchor anchor_;
  backlog backlog_;
  std::vector<lane> lanes_;
  std::deque<job_record> records_;
  std::vector<job_record*> free_records_;
  std::deque<job_kind> kinds_;
  std::unordered_map<const void*, job_kind*> known_kinds_;  // by function, or by literal
  const void* latest_identity_ = nullptr;                   // most pools do one kind of job at a time
  job_kind* latest_kind_ = nullptr;
  job_times times_;
  std::uint64_t sequence_ = 0;
  std::size_t outstanding_ = 0;
  std::size_t running_ = 0;  // lanes with a worker
  std::size_t idle_ = 0;     // open lanes with nothing handed
  std::size_t next_lane_ = 0;
  std::size_t locals_ = 0;
  bool delivering_ = false;
  bool closed_ = false;
  bool gone_ = false;
  loop_hold work_;  // while something is outstanding
  timer shrink_;
  timer look_;
  trireme::detail::waiting_list<void> drained_;
  trireme::detail::waiting_list<void> room_;
  bool tell_queued_ = false;
  loop_handler<const ignored_stop&> on_ignored_stop_;
  std::size_t budget_ = 0;        // callbacks that are left to this delivery
  std::size_t messages_due_ = 0;  // these were sent before what is done, as far as that was looked at

  // Workers push, the loop pops.
  trireme::detail::job_queue messages_;
};

}  // namespace trireme::actors::detail
