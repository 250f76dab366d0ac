#include <algorithm>
#include <memory>
#include <trireme/core/detail/pipe.hpp>
#include <trireme/core/memory_stream.hpp>

namespace trireme {

memory_source::memory_source(loop& owner, shared_bytes bytes, std::size_t chunk_size)
    : readable(owner), rest_(std::move(bytes)), chunk_size_(std::max<std::size_t>(chunk_size, 1)) {}

memory_source::memory_source(loop& owner, std::string bytes, std::size_t chunk_size)
    : memory_source(owner, shared_bytes(std::move(bytes)), chunk_size) {}

void memory_source::on_read() {
  if (rest_.empty()) return push_end();
  const std::size_t size = std::min(chunk_size_, rest_.size());
  shared_bytes chunk = rest_.slice(0, size);
  rest_ = rest_.slice(size);
  push(std::move(chunk));
}

memory_sink::memory_sink(loop& owner, std::size_t limit) : writable(owner), limit_(limit) {}

void memory_sink::on_write(shared_bytes chunk) {
  if (chunk.size() > limit_ - bytes_.size()) {
    owner().counters().get("stream.collect_full").add();
    return done(errc::full);
  }
  bytes_ += chunk.view();
  done();
}

namespace {

void start_collecting(loop& owner, readable& source, std::size_t limit, completion<std::string> done) {
  auto sink = std::make_shared<memory_sink>(owner, limit);
  detail::pipe_parts parts;
  parts.source = &source;
  parts.sink = sink.get();
  auto finish = [sink = std::move(sink), done = std::move(done)](const error& failure) mutable {
    if (failure) return done.reject(failure);
    done.resolve(sink->take());
  };
  detail::pipe::start(owner, std::move(parts), callback_of<void>(std::move(finish)));
}

}  // namespace

promise<std::string> collect(loop& owner, readable& source, std::size_t limit) {
  return with_promise<std::string>(
      owner, [&](auto done) { start_collecting(owner, source, limit, std::move(done)); });
}

void collect(loop& owner, readable& source, callback_of<std::string> done) {
  collect(owner, source, 16 * 1024 * 1024, std::move(done));
}

void collect(loop& owner, readable& source, std::size_t limit, callback_of<std::string> done) {
  start_collecting(owner, source, limit, completion<std::string>(owner, std::move(done)));
}

}  // namespace trireme
