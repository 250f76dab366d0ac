#pragma once
#include <memory>
#include <optional>
#include <trireme/core/detail/stream_function.hpp>
#include <trireme/core/readable.hpp>
#include <trireme/core/transform.hpp>
#include <trireme/core/writable.hpp>
#include <utility>

namespace trireme {
namespace detail {

template <class Work>
class function_readable final : public readable {
public:
  function_readable(loop& owner, Work work, const stream_options& options)
      : readable(owner, options), function_(*this, std::move(work)) {}
  void arrived(std::optional<shared_bytes> chunk) {
    if (chunk) {
      push(*std::move(chunk));
    } else {
      push_end();
    }
  }
  void failed(const error& reason) { fail(reason); }

private:
  void on_read() override { function_.call(); }
  void on_destroy(const error&) override { function_.stop(); }
  stream_function<function_readable, Work> function_;
};

template <class Work>
class function_writable final : public writable {
public:
  function_writable(loop& owner, Work work, const stream_options& options)
      : writable(owner, options), function_(*this, std::move(work)) {}
  void arrived() { done(); }
  void failed(const error& reason) { done(reason); }

private:
  void on_write(shared_bytes chunk) override { function_.call(std::move(chunk)); }
  void on_destroy(const error&) override { function_.stop(); }
  stream_function<function_writable, Work> function_;
};

template <class Work>
class function_transform final : public transform {
public:
  explicit function_transform(Work work) : function_(*this, std::move(work)) {}
  void arrived(shared_bytes chunk) {
    push(std::move(chunk));
    done();
  }
  void failed(const error& reason) { done(reason); }

private:
  void on_chunk(shared_bytes chunk) override { function_.call(std::move(chunk)); }
  void on_destroy(const error&) override { function_.stop(); }
  stream_function<function_transform, Work> function_;
};

}  // namespace detail

/// A source made of a function that gives the next chunk each time it is called, and nothing at the end; a
/// generator. It returns a `std::optional<shared_bytes>`, or a promise of one, or is a coroutine: a
/// `task<std::optional<shared_bytes>>`. What it throws is the error of the stream. Destroying the stream
/// stops the coroutine that runs, through its context; a lambda's captures live until it has ended.
///
/// Thread: the loop's. Source:
/// https://nodejs.org/docs/latest-v20.x/api/stream.html#streamreadablefromiterable-options
template <class Work>
requires detail::generating<std::decay_t<Work>> std::unique_ptr<readable> make_readable(
    loop& owner, Work&& work, const stream_options& options = {}) {
  using made = detail::function_readable<std::decay_t<Work>>;
  return std::make_unique<made>(owner, std::forward<Work>(work), options);
}

/// A sink made of a function that takes a chunk, and returns nothing, a promise or a task; the next chunk
/// waits for that. Otherwise as `make_readable`.
template <class Work>
requires detail::consuming<std::decay_t<Work>> std::unique_ptr<writable> make_writable(
    loop& owner, Work&& work, const stream_options& options = {}) {
  using made = detail::function_writable<std::decay_t<Work>>;
  return std::make_unique<made>(owner, std::forward<Work>(work), options);
}

/// A transform made of a function from chunk to chunk: it returns `shared_bytes`, a promise or a task of
/// them. An empty result passes nothing on. Otherwise as `make_readable`.
template <class Work>
requires detail::transforming<std::decay_t<Work>> std::unique_ptr<transform> make_transform(Work&& work) {
  return std::make_unique<detail::function_transform<std::decay_t<Work>>>(std::forward<Work>(work));
}

}  // namespace trireme
