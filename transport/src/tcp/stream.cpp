#include <trireme/transport/tcp/stream.hpp>

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace trireme::transport::tcp {

namespace {

constexpr std::size_t spares_kept = 1024;  // as many streams may answer within one turn and allocate nothing
constexpr std::size_t spare_capacity = std::size_t{4} << 10;
constexpr std::size_t parts_at_once = 32;
// Of what is shared. From 256 KiB on some write no more before it has been sent, such as proto's sessions.
constexpr std::size_t corked_at_most = (std::size_t{256} << 10) - 1;

}  // namespace

std::unique_ptr<stream_group::output> stream_group::take() {
  if (spare_.empty()) return std::make_unique<output>();
  std::unique_ptr<output> spare = std::move(spare_.back());
  spare_.pop_back();
  return spare;
}

void stream_group::give_back(std::unique_ptr<output> done) noexcept {
  if (spare_.size() >= spares_kept || done->own().capacity() > spare_capacity) return;
  done->restart();
  spare_.push_back(std::move(done));
}

stream::stream(stream_group& group, int fd, protocol& target)
    : group_(group), protocol_(&target), descriptor_(group.owner(), fd, *this) {}

stream::~stream() {
  if (output_ && output_->size() == 0) group_.give_back(std::move(output_));
}

std::string& stream::append() {
  if (!output_) output_ = group_.take();
  if (!blocked_) group_.owner().internals().flush_before_poll(*this);
  return output_->own();
}

void stream::write(std::string_view bytes) {
  if (failed_ || shutting_) return;
  const std::size_t before = buffered();
  append().append(bytes);
  check_limit(before, group_.max_buffered_);
}

void stream::write_through(std::string_view head, std::string_view payload) {
  if (failed_ || shutting_) return;
  if (output_ || payload.size() < shared_from) {
    const std::size_t before = buffered();
    append().append(head).append(payload);
    return check_limit(before, group_.max_buffered_);
  }
  const iovec parts[] = {{const_cast<char*>(head.data()), head.size()},
                         {const_cast<char*>(payload.data()), payload.size()}};
  const std::ptrdiff_t sent = descriptor_.write(parts, 2);
  if (sent < 0 && sent != -EAGAIN) return fail(static_cast<int>(-sent), "send");
  const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (taken == head.size() + payload.size()) return;
  blocked_ = true;
  std::string& rest = append();
  rest.append(head.substr(std::min(taken, head.size())));
  rest.append(payload.substr(taken > head.size() ? taken - head.size() : 0));
}

void stream::write_shared(std::string_view head, const shared_bytes& payload) {
  if (payload.size() < shared_from) return write_through(head, payload.view());
  if (failed_ || shutting_) return;
  const std::size_t before = buffered();
  append().append(head);
  output_->append(payload);
  check_limit(before, std::min(corked_at_most, group_.max_buffered_));
}

/// Offers what waits to the kernel where it is more than `corked`, and fails where that leaves more than the
/// limit: only a slow peer is to look like one. `before`: what waited before the last message.
void stream::check_limit(std::size_t before, std::size_t corked) {
  const std::size_t all = buffered();
  if (all <= corked) return;
  if (!blocked_) {
    if (const int error = send_output(); error != EAGAIN) {
      conclude(error);
      return;
    }
    before -= std::min(before, all - buffered());
  }
  // One message may be larger than the limit; what may not is to go on writing behind it.
  if (before == 0 || buffered() <= group_.max_buffered_) return;
  group_.overflows_.add();
  fail(ENOBUFS, "send");
}

void stream::shutdown() {
  if (std::exchange(shutting_, true) || failed_) return;
  if (!output_) ::shutdown(descriptor_.fd(), SHUT_WR);
}

bool stream::flush_now() {
  if (failed_ || !output_) return true;
  return !blocked_ && conclude(send_output());
}

int stream::release() {
  // What fails now, the next owner hears of.
  if (!blocked_ && !failed_ && output_) static_cast<void>(send_output());
  return descriptor_.release();
}

void stream::on_readable() {
  using trireme::detail::loop_state;
  std::span<char> into(group_.owner().internals().read_buffer(), loop_state::read_buffer_size);
  if (!next_read_.empty()) into = std::exchange(next_read_, {});
  const std::ptrdiff_t got = descriptor_.read(into.data(), into.size());
  if (got > 0) return protocol_->on_data(into.first(static_cast<std::size_t>(got)));
  if (got == 0) return protocol_->on_end();
  if (got != -EAGAIN) fail(static_cast<int>(-got), "recv");
}

void stream::flush() {
  if (!blocked_ && !failed_ && output_) conclude(send_output());
}

void stream::on_writable() {
  blocked_ = false;
  if (failed_) return;
  if (conclude(output_ ? send_output() : 0)) protocol_->on_drained();
}

/// 0 where nothing is left, EAGAIN where the kernel takes no more, else what has failed.
int stream::send_output() {
  if (output_->shares()) return send_shared();
  const std::string_view own = output_->own_waiting();
  const std::ptrdiff_t sent = descriptor_.write(own.data(), own.size());
  return sent == static_cast<std::ptrdiff_t>(own.size()) ? 0 : taken(sent, own.size());
}

int stream::send_shared() {
  while (output_->shares()) {
    std::array<iovec, parts_at_once> parts;
    const std::size_t count = output_->gather(parts);
    std::size_t offered = 0;
    for (std::size_t each = 0; each < count; ++each) offered += parts[each].iov_len;
    const std::ptrdiff_t sent = descriptor_.write(parts.data(), static_cast<int>(count));
    if (const int error = taken(sent, offered)) return error;
  }
  return output_->size() == 0 ? 0 : send_output();
}

/// What came of one call, put as `send_output` puts it.
int stream::taken(std::ptrdiff_t sent, std::size_t offered) {
  if (sent < 0 && sent != -EAGAIN) return static_cast<int>(-sent);
  if (sent > 0) output_->sent(static_cast<std::size_t>(sent));
  blocked_ = sent < static_cast<std::ptrdiff_t>(offered);
  return blocked_ ? EAGAIN : 0;
}

/// Goes on from what `send_output` returned. True where nothing is left; else the stream may have gone.
bool stream::conclude(int error) {
  if (error == 0) {
    output_done();
    return true;
  }
  if (error != EAGAIN) fail(error, "send");
  return false;
}

void stream::output_done() noexcept {
  if (output_) group_.give_back(std::move(output_));
  if (shutting_) ::shutdown(descriptor_.fd(), SHUT_WR);
}

void stream::fail(int number, std::string_view operation) {
  if (std::exchange(failed_, true)) return;
  output_.reset();
  descriptor_.pause_reading();
  protocol_->on_failed(error::from_errno(number, operation));
}

}  // namespace trireme::transport::tcp
