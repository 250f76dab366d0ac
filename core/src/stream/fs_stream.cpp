#include <algorithm>
#include <optional>
#include <trireme/core/fs/stream.hpp>
#include <utility>

namespace trireme::fs {

namespace {

/// A callback of the pool, for as long as its stream lives.
template <class Stream, class Work>
auto while_alive(const std::shared_ptr<Stream*>& self, Work work) {
  return [self, work = std::move(work)](const error& failure, auto&&... value) mutable {
    if (*self && !(*self)->destroyed()) work(failure, std::forward<decltype(value)>(value)...);
  };
}

stream_options marked(std::size_t mark) { return stream_options(mark); }

}  // namespace

read_stream::read_stream(loop& owner, std::string path, const read_stream_options& options)
    : readable(owner, marked(options.chunk_size)),
      path_(std::move(path)),
      options_(options),
      self_(std::make_shared<read_stream*>(this)) {
  options_.chunk_size = std::max<std::size_t>(options_.chunk_size, 1);
}

read_stream::read_stream(loop& owner, file opened, const read_stream_options& options)
    : read_stream(owner, opened.path(), options) {
  file_ = std::move(opened);
}

read_stream::~read_stream() { *self_ = nullptr; }

void read_stream::on_destroy(const error&) { file_ = file(); }

void read_stream::on_read() {
  if (next_size() == 0) return push_end();
  if (file_.is_open()) return read_chunk();
  auto opened = [this](const error& failure, file opened_file) {
    if (failure) return fail(failure);
    file_ = std::move(opened_file);
    read_chunk();
  };
  open(owner(), path_, open_mode::read, while_alive(self_, std::move(opened)));
}

std::size_t read_stream::next_size() const noexcept {
  if (!options_.end) return options_.chunk_size;
  const std::uint64_t here = options_.start.value_or(0) + read_;
  const std::uint64_t left = *options_.end - std::min(*options_.end, here);
  return static_cast<std::size_t>(std::min<std::uint64_t>(left, options_.chunk_size));
}

void read_stream::read_chunk() {
  auto done = while_alive(
      self_, [this](const error& failure, std::string bytes) { took(failure, std::move(bytes)); });
  const auto offset = options_.start ? std::optional(*options_.start + read_) : std::nullopt;
  file_.read_once(offset, next_size(), std::move(done));
}

void read_stream::took(const error& failure, std::string bytes) {
  if (failure) return fail(failure);
  if (bytes.empty()) return push_end();  // fewer than asked for may be what a pipe or a terminal has so far
  read_ += bytes.size();
  push(shared_bytes(std::move(bytes)));
}

write_stream::write_stream(loop& owner, std::string path, const write_stream_options& options)
    : writable(owner, marked(options.high_water_mark)),
      path_(std::move(path)),
      options_(options),
      self_(std::make_shared<write_stream*>(this)) {}

write_stream::write_stream(loop& owner, file opened, const write_stream_options& options)
    : write_stream(owner, opened.path(), options) {
  file_ = std::move(opened);
}

write_stream::~write_stream() { *self_ = nullptr; }

void write_stream::on_destroy(const error&) { file_ = file(); }

template <class Next>
void write_stream::with_file(Next next) {
  if (file_.is_open()) return next();
  auto opened = [this, next = std::move(next)](const error& failure, file opened_file) mutable {
    if (failure) return done(failure);
    file_ = std::move(opened_file);
    next();
  };
  open(owner(), path_, options_.mode, options_.permissions, while_alive(self_, std::move(opened)));
}

void write_stream::on_write(shared_bytes chunk) {
  std::string bytes(chunk.view());
  while (bytes.size() < options_.high_water_mark) {
    const shared_bytes next = also();
    if (next.empty()) break;
    bytes += next.view();
  }
  with_file([this, bytes = std::move(bytes)]() mutable { write_out(std::move(bytes)); });
}

void write_stream::write_out(std::string bytes) {
  const std::size_t size = bytes.size();
  auto ended = [this, size](const error& failure) {
    if (!failure) written_ += size;
    done(failure);
  };
  file_.write(std::move(bytes), while_alive(self_, std::move(ended)));
}

void write_stream::on_end() {
  with_file([this] { sync_and_close(); });
}

void write_stream::sync_and_close() {
  if (!options_.durable) return close();
  auto synced = [this](const error& failure) { failure ? done(failure) : close(); };
  file_.sync(while_alive(self_, std::move(synced)));
}

void write_stream::close() {
  file_.close(while_alive(self_, [this](const error& failure) { done(failure); }));
}

}  // namespace trireme::fs
