#include <algorithm>
#include <deque>
#include <random>
#include <trireme/core/testing/stream_pair.hpp>

namespace trireme::testing {

namespace {

class wire;

class wire_source final : public readable {
public:
  wire_source(loop& owner, const stream_options& options, std::shared_ptr<wire> from);
  ~wire_source() override;
  void deliver(shared_bytes bytes) { push(std::move(bytes)); }
  void deliver_end() { push_end(); }
  void break_off(const error& reason) { fail(reason); }

private:
  void on_read() override;
  void on_destroy(const error& reason) override;
  std::shared_ptr<wire> wire_;
};

class wire_sink final : public writable {
public:
  wire_sink(loop& owner, const stream_options& options, std::shared_ptr<wire> to);
  ~wire_sink() override;
  void taken() { done(); }
  /// As a connection's: one that holds nothing has lost nothing that anybody must hear of.
  void break_off(const error& reason) {
    if (buffered() > 0) {
      fail(reason);
    } else {
      destroy(reason);
    }
  }

private:
  void on_write(shared_bytes chunk) override;
  void on_end() override;
  void on_destroy(const error& reason) override;
  std::shared_ptr<wire> wire_;
};

/// One direction.
class wire : public std::enable_shared_from_this<wire> {
public:
  wire(loop& owner, const pair_options& options, const pair_faults& faults, std::uint64_t seed)
      : loop_(owner), options_(options), faults_(faults), random_(seed) {
    TRIREME_ASSERT(options_.window > 0 && options_.max_piece > 0);
  }

  void connect(wire_source& source, wire_sink& sink, const std::shared_ptr<wire>& other) {
    source_ = &source;
    sink_ = &sink;
    other_ = other;
  }

  void put(shared_bytes chunk);
  void close();
  void want();
  void reset();
  void source_gone();
  void sink_gone(bool broken);

private:
  struct piece {
    shared_bytes bytes;  // empty: the end
    time_point arrives;
    bool resets;
  };

  void fill();
  void add(shared_bytes bytes, bool resets);
  /// How many bytes more may enter before a fault.
  std::uint64_t open_for() const noexcept;
  std::size_t draw_size();
  bool stalled() const noexcept { return faults_.stall_at && entered_ >= *faults_.stall_at; }
  bool resets_now();
  void deliver();
  void hand_over();
  void break_off(const error& reason);
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  duration delay();

  loop& loop_;
  const pair_options options_;
  const pair_faults faults_;
  std::mt19937_64 random_;  // its sequence is the same everywhere; the library's distributions are not
  wire_source* source_ = nullptr;
  wire_sink* sink_ = nullptr;
  std::weak_ptr<wire> other_;
  std::deque<piece> pieces_;
  shared_bytes waiting_;  // what of the sink's chunk the window has no room for
  time_point last_arrival_{};
  std::size_t under_way_ = 0;
  std::size_t next_size_ = 0;  // of the piece that waits for room; 0: not yet drawn
  std::uint64_t entered_ = 0;
  timer timer_;
  bool wanted_ = false;
  bool reset_drawn_ = false;
  bool reset_ = false;
  bool closed_ = false;
};

wire_source::wire_source(loop& owner, const stream_options& options, std::shared_ptr<wire> from)
    : readable(owner, options), wire_(std::move(from)) {}
wire_source::~wire_source() { wire_->source_gone(); }
void wire_source::on_read() { wire_->want(); }
void wire_source::on_destroy(const error&) { wire_->source_gone(); }

wire_sink::wire_sink(loop& owner, const stream_options& options, std::shared_ptr<wire> to)
    : writable(owner, options), wire_(std::move(to)) {}
wire_sink::~wire_sink() { wire_->sink_gone(false); }
void wire_sink::on_write(shared_bytes chunk) { wire_->put(std::move(chunk)); }
void wire_sink::on_end() {
  wire_->close();
  done();
}
void wire_sink::on_destroy(const error& reason) { wire_->sink_gone(static_cast<bool>(reason)); }

void wire::put(shared_bytes chunk) {
  if (!source_) return sink_->break_off(error(std::make_error_code(std::errc::broken_pipe), "write"));
  waiting_ = std::move(chunk);
  fill();
  deliver();
}

void wire::fill() {
  if (waiting_.empty()) return;
  while (!waiting_.empty() && open_for() > 0) {
    if (next_size_ == 0) next_size_ = draw_size();
    if (next_size_ > options_.window - under_way_) return;  // not in crumbs as the window opens
    const std::size_t size = std::exchange(next_size_, 0);
    shared_bytes bytes = waiting_.slice(0, size);
    waiting_ = waiting_.slice(size);
    entered_ += size;
    under_way_ += size;
    add(std::move(bytes), resets_now());
  }
  if (waiting_.empty() && sink_) sink_->taken();
}

std::uint64_t wire::open_for() const noexcept {
  if (reset_drawn_) return 0;
  const std::uint64_t end = std::min(faults_.stall_at.value_or(~0ULL), faults_.reset_at.value_or(~0ULL));
  return end - std::min(end, entered_);
}

std::size_t wire::draw_size() {
  const std::size_t most = std::min({waiting_.size(), options_.max_piece, options_.window});
  return static_cast<std::size_t>(std::min(1 + below(most), open_for()));
}

bool wire::resets_now() {
  const double drawn = static_cast<double>(random_() >> 11) / 9007199254740992.0;  // 53 bits: [0, 1)
  reset_drawn_ = (faults_.reset_at && entered_ == *faults_.reset_at) || drawn < faults_.reset_chance;
  return reset_drawn_;
}

duration wire::delay() {
  const auto width = (options_.max_delay - options_.min_delay).count();
  if (width <= 0) return options_.min_delay;
  return options_.min_delay +
         duration(static_cast<duration::rep>(below(static_cast<std::uint64_t>(width) + 1)));
}

void wire::add(shared_bytes bytes, bool resets) {
  last_arrival_ = std::max(last_arrival_, loop_.now() + delay());
  pieces_.push_back({std::move(bytes), last_arrival_, resets});
}

void wire::close() {
  if (std::exchange(closed_, true)) return;
  if (!stalled() && !reset_drawn_) add({}, false);
  deliver();
}

void wire::want() {
  wanted_ = true;
  if (faults_.reset_at == 0u && !reset_drawn_) return reset();
  deliver();
}

void wire::deliver() {
  while (wanted_ && source_ && !pieces_.empty() && pieces_.front().arrives <= loop_.now()) hand_over();
  if (!wanted_ || !source_ || pieces_.empty() || timer_.active()) return;
  timer_ = loop_.set_timeout(pieces_.front().arrives - loop_.now(),
                             [self = shared_from_this()] { self->deliver(); });
}

void wire::hand_over() {
  piece next = std::move(pieces_.front());
  pieces_.pop_front();
  wanted_ = false;
  if (next.bytes.empty()) return source_->deliver_end();
  under_way_ -= next.bytes.size();
  source_->deliver(std::move(next.bytes));
  if (next.resets) {
    // A tick later, so that the last bytes can be read.
    loop_.set_immediate([self = shared_from_this()] { self->reset(); });
  } else {
    fill();
  }
}

void wire::reset() {
  const error reason(std::make_error_code(std::errc::connection_reset));
  const auto self = shared_from_this();
  break_off(reason);
  if (const auto other = other_.lock()) other->break_off(reason);
}

void wire::break_off(const error& reason) {
  if (std::exchange(reset_, true)) return;
  timer_.clear();
  pieces_.clear();
  waiting_ = shared_bytes();
  if (auto* const source = std::exchange(source_, nullptr)) source->break_off(reason);
  if (auto* const sink = std::exchange(sink_, nullptr)) sink->break_off(reason);
}

void wire::source_gone() {
  if (!std::exchange(source_, nullptr)) return;
  timer_.clear();
  pieces_.clear();
  if (waiting_.empty() || !sink_) return;
  sink_->break_off(error(std::make_error_code(std::errc::broken_pipe), "write"));
}

void wire::sink_gone(bool broken) {
  if (!std::exchange(sink_, nullptr)) return;
  waiting_ = shared_bytes();
  if (broken) return reset();
  close();
}

class end final : public duplex {
public:
  end(loop& owner, const pair_options& options, const std::shared_ptr<wire>& in,
      const std::shared_ptr<wire>& out)
      : source_(owner, options.streams, in), sink_(owner, options.streams, out) {}
  wire_source& source() noexcept override { return source_; }
  wire_sink& sink() noexcept override { return sink_; }

private:
  wire_source source_;
  wire_sink sink_;
};

}  // namespace

stream_pair::stream_pair(loop& owner, const pair_options& options) {
  const auto forth = std::make_shared<wire>(owner, options, options.to_second, 2 * options.seed);
  const auto back = std::make_shared<wire>(owner, options, options.to_first, 2 * options.seed + 1);
  auto one = std::make_unique<end>(owner, options, back, forth);
  auto other = std::make_unique<end>(owner, options, forth, back);
  forth->connect(other->source(), one->sink(), back);
  back->connect(one->source(), other->sink(), forth);
  first = std::move(one);
  second = std::move(other);
}

}  // namespace trireme::testing
