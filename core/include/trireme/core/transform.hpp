#pragma once
#include <trireme/core/detail/chunk_queue.hpp>
#include <trireme/core/error.hpp>
#include <trireme/core/shared_bytes.hpp>

namespace trireme {

namespace detail {
class pipe;
}

/// What stands between source and sink in a `pipeline` and makes other chunks of those that come: splits,
/// joins, compresses, counts. Derive; or give the pipeline a function from chunk to chunk.
///
///     class lines final : public transform {
///       void on_chunk(shared_bytes chunk) override {
///         ... push(line) for each; keep the rest ...
///         done();
///       }
///       void on_end() override { push(shared_bytes(std::move(rest_))); done(); }
///       std::string rest_;
///     };
///
/// It is given a chunk only when everything it made of the one before has gone on: what one chunk becomes is
/// all it ever holds.
///
/// Thread: the loop's. Lifetime: outlives the pipeline's promise, or belongs to the pipeline; in one pipeline
/// at a time. Must not be destroyed from within its own `on_` functions. Errors: what `done` is given, and
/// what the functions throw, ends the pipeline.
/// Source: https://nodejs.org/docs/latest-v20.x/api/stream.html#implementing-a-transform-stream
class transform {
public:
  using bound_to_a_loop = void;
  transform() = default;
  transform(const transform&) = delete;
  transform& operator=(const transform&) = delete;
  virtual ~transform();

protected:
  /// Makes something of a chunk: any number of `push`, then `done`, at once or later.
  virtual void on_chunk(shared_bytes chunk) = 0;
  /// No more comes: pushes what was kept back, then calls `done`.
  virtual void on_end() { done(); }
  /// The pipeline is over. `reason` tests false unless it failed.
  virtual void on_destroy(const error& /*reason*/) {}
  /// Hands a chunk on. An empty one counts for nothing, and so does one after the pipeline.
  void push(shared_bytes chunk);
  void done(error failure = {});

private:
  friend class detail::pipe;

  detail::pipe* pipe_ = nullptr;
  detail::chunk_queue made_;
  bool busy_ = false;
};

}  // namespace trireme
