#pragma once
#include <memory>
#include <optional>
#include <trireme/core/completion.hpp>
#include <trireme/core/detail/kept_work.hpp>
#include <trireme/core/detail/wakeable.hpp>
#include <trireme/core/readable.hpp>
#include <trireme/core/transform.hpp>
#include <trireme/core/writable.hpp>
#include <vector>

namespace trireme::detail {

/// What a pipeline leads through, and what of it belongs to the pipeline.
struct pipe_parts {
  pipe_parts() {}
  readable* source = nullptr;
  std::vector<transform*> transforms;
  writable* sink = nullptr;
  std::vector<std::shared_ptr<void>> owned;
};

/// Moves chunks from a source to a sink, one at a time: the next leaves the source when all that became of
/// the last is with the sink, and the sink holds less than its mark. Always in microtasks of its own, so that
/// no stream is called, or freed, from within a call of its own.
class pipe final : public kept_work, public recycled, wakeable, stream_observer {
public:
  static void start(loop& owner, pipe_parts parts, completion<void> done);
  static void start(loop& owner, pipe_parts parts, callback_of<void> done);

  void stage_changed() { soon(); }
  void stage_failed(error reason);
  void stage_gone(const transform& which);

private:
  /// Moves in each turn of the loop, so that a source that is never short of bytes starves nobody.
  static constexpr int chunks_a_turn = 64;
  static constexpr std::size_t bytes_a_turn = 1024 * 1024;

  struct stopped final : stop_watch {
    explicit stopped(pipe& ended) noexcept : self(ended) {}
    void on_stop(const error& reason) override { self.stage_failed(reason); }
    pipe& self;
  };

  pipe(loop& owner, pipe_parts parts, completion<void> done);
  ~pipe();
  void drop() noexcept override { delete this; }
  void wake() override;
  void stream_changed() override { soon(); }
  void stream_gone(const stream_base& which) override;
  void soon();

  void run();
  bool step();
  void look_for_the_end();
  bool working() const noexcept;
  bool forward();
  bool pull();
  void pass(std::size_t stage, shared_bytes chunk);
  void pass_end();
  template <class Call>
  void guarded(Call call);
  void rest();
  void detach() noexcept;
  void finish();
  void destroy(transform& stage, const error& reason);

  pipe_parts parts_;
  completion<void> done_;
  stopped watch_;
  std::optional<error> outcome_;  // tests false inside: everything has arrived
  immediate rest_;
  std::size_t ended_stages_ = 0;
  std::size_t bytes_left_ = bytes_a_turn;
  int chunks_left_ = chunks_a_turn;
  bool running_ = false;
  bool resting_ = false;
};

}  // namespace trireme::detail
