#include <algorithm>
#include <trireme/transport/tcp/duplex_stream.hpp>
#include <utility>

namespace trireme::transport::tcp {

namespace {

constexpr std::size_t largest_cork = 16 * 1024;

/// Takes the place of one that has gone.
struct nobody final : stream::protocol {
  void on_data(std::span<char>) override {}
  void on_end() override {}
  void on_failed(const error&) override {}
};

nobody& no_protocol() {
  static nobody only;
  return only;
}

}  // namespace

duplex_stream::duplex_stream(stream_group& group, int fd, const stream_options& options)
    : group_(group),
      corked_at_most_(std::min(largest_cork, group.max_buffered())),
      events_(*this),
      stream_(std::make_unique<stream>(group, fd, events_)),
      incoming_(*this, options),
      outgoing_(*this, options) {
  stream_->pause_reading();
}

duplex_stream::~duplex_stream() = default;

void duplex_stream::resume() {
  if (stream_) stream_->resume_reading();
}

void duplex_stream::arrived(std::span<char> bytes) {
  stream_->pause_reading();
  incoming_.push(shared_bytes(std::string(bytes.data(), bytes.size())));
}

void duplex_stream::write(shared_bytes chunk) {
  const std::size_t waiting = stream_->buffered();
  const bool room = waiting == 0 || waiting + chunk.size() <= corked_at_most_;
  if (room || stream_->flush_now()) return write_out(chunk);
  if (!stream_) return;  // failed
  held_ = std::move(chunk);
  blocked_ = true;
}

void duplex_stream::write_out(const shared_bytes& chunk) {
  if (stream_) stream_->write_through({}, chunk.view());
  if (!stream_) return;  // failed
  if (stream_->buffered() <= corked_at_most_ || stream_->flush_now()) return outgoing_.done();
  blocked_ = true;
}

void duplex_stream::shut() {
  stream_->shutdown();
  if (stream_->flush_now()) return outgoing_.done();
  blocked_ = true;
}

void duplex_stream::drained() {
  if (!std::exchange(blocked_, false)) return;
  const shared_bytes held = std::exchange(held_, shared_bytes());
  if (!held.empty()) return write_out(held);
  outgoing_.done();
}

void duplex_stream::failed(const error& reason) {
  incoming_.fail(reason);
  // A sink that holds nothing has lost nothing: who never looks at it need not be told, or each peer that
  // resets would end the program of one who only reads.
  if (outgoing_.buffered() > 0) {
    outgoing_.fail(reason);
  } else {
    outgoing_.destroy(reason);
  }
}

void duplex_stream::sink_over(const error& reason) {
  held_ = shared_bytes();
  if (reason) {
    incoming_.destroy(reason);
  } else if (stream_) {
    stream_->shutdown();
  }
  close_if_over();
}

void duplex_stream::close_if_over() {
  if (!stream_ || !incoming_.destroyed() || !outgoing_.destroyed()) return;
  stream_->set_protocol(no_protocol());
  // Later, for this may be a call of the stream itself.
  group_.owner().defer_close([closing = std::move(stream_)] {});
}

}  // namespace trireme::transport::tcp
