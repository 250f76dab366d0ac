#include <algorithm>
#include <trireme/core/detail/pipe.hpp>

namespace trireme {

transform::~transform() {
  if (pipe_) pipe_->stage_gone(*this);
}

void transform::push(shared_bytes chunk) {
  if (!pipe_ || chunk.empty()) return;
  made_.push(std::move(chunk));
  pipe_->stage_changed();
}

void transform::done(error failure) {
  busy_ = false;
  if (!pipe_) return;
  if (failure) return pipe_->stage_failed(std::move(failure));
  pipe_->stage_changed();
}

namespace detail {

namespace {

const error& in_use() {
  static const error refused(std::make_error_code(std::errc::operation_in_progress), "pipeline");
  return refused;
}

}  // namespace

void pipe::start(loop& owner, pipe_parts parts, completion<void> done) {
  owner.assert_current();
  const bool taken = std::any_of(parts.transforms.begin(), parts.transforms.end(),
                                 [](const transform* stage) { return stage->pipe_ != nullptr; });
  if (taken || parts.source->refuses() || parts.sink->observer_)
    return reject_soon(std::move(done), in_use());
  auto* const made = new pipe(owner, std::move(parts), std::move(done));
  keep_with_loop(owner, *made);
  if (owner.current()) owner.current()->watch(made->watch_);
  made->soon();
}

void pipe::start(loop& owner, pipe_parts parts, callback_of<void> done) {
  start(owner, std::move(parts), completion<void>(owner, std::move(done)));
}

pipe::pipe(loop& owner, pipe_parts parts, completion<void> done)
    : wakeable(owner), parts_(std::move(parts)), done_(std::move(done)), watch_(*this) {
  parts_.source->observer_ = this;
  parts_.sink->observer_ = this;
  for (transform* const stage : parts_.transforms) stage->pipe_ = this;
}

pipe::~pipe() {
  owner().clear_immediate(rest_);
  detach();
}

void pipe::soon() {
  if (!running_ && !resting_) wake_soon();
}

void pipe::stage_failed(error reason) {
  if (!outcome_) outcome_ = std::move(reason);
  if (!running_) wake_soon();
}

void pipe::stage_gone(const transform& which) {
  std::erase(parts_.transforms, &which);
  stage_failed(errc::closed);
}

void pipe::stream_gone(const stream_base& which) {
  const error reason = which.failure_ ? which.failure_ : error(errc::closed);
  if (parts_.source == &which) parts_.source = nullptr;
  if (parts_.sink == &which) parts_.sink = nullptr;
  stage_failed(reason);
}

void pipe::wake() {
  running_ = true;
  run();
  running_ = false;
  if (outcome_) finish();
}

void pipe::run() {
  while (!outcome_) {
    look_for_the_end();
    if (outcome_ || !step()) return;
    if (chunks_left_ <= 0 || bytes_left_ == 0) return rest();
  }
}

void pipe::look_for_the_end() {
  const readable& source = *parts_.source;
  writable& sink = *parts_.sink;
  if (source.destroyed() && !source.ended()) {
    outcome_ = source.closed_reason();
  } else if (sink.finished() && source.ended()) {
    outcome_ = error();
  } else if (sink.destroyed()) {
    sink.told_ = true;
    outcome_ = sink.closed_reason();
  }
}

bool pipe::step() {
  if (working()) return false;
  if (!parts_.sink->below_mark()) return false;
  if (forward()) return true;
  if (!parts_.source->ended()) return pull();
  if (parts_.sink->ending_) return false;
  pass_end();
  return true;
}

bool pipe::working() const noexcept {
  return std::any_of(parts_.transforms.begin(), parts_.transforms.end(),
                     [](const transform* stage) { return stage->busy_; });
}

bool pipe::forward() {
  for (std::size_t stage = parts_.transforms.size(); stage-- > 0;) {
    chunk_queue& made = parts_.transforms[stage]->made_;
    if (made.empty()) continue;
    pass(stage + 1, made.pop());
    return true;
  }
  return false;
}

bool pipe::pull() {
  readable& source = *parts_.source;
  source.ask();
  if (outcome_) return false;
  if (source.destroyed()) return true;
  if (!source.ready()) {
    --chunks_left_;
    return !source.asked_;  // an empty chunk: once more
  }
  shared_bytes chunk = source.take();
  if (!chunk.empty()) pass(0, std::move(chunk));
  return true;
}

void pipe::pass(std::size_t stage, shared_bytes chunk) {
  --chunks_left_;
  bytes_left_ -= std::min(bytes_left_, chunk.size());
  if (stage == parts_.transforms.size()) {
    parts_.sink->accept(std::move(chunk));
    return;
  }
  transform& next = *parts_.transforms[stage];
  next.busy_ = true;
  guarded([&] { next.on_chunk(std::move(chunk)); });
}

void pipe::pass_end() {
  if (ended_stages_ == parts_.transforms.size()) return parts_.sink->begin_end();
  transform& next = *parts_.transforms[ended_stages_++];
  next.busy_ = true;
  guarded([&] { next.on_end(); });
}

template <class Call>
void pipe::guarded(Call call) {
  try {
    call();
  } catch (...) {
    stage_failed(error::from(std::current_exception()));
  }
}

void pipe::rest() {
  resting_ = true;
  rest_ = owner().set_immediate([this] {
    resting_ = false;
    chunks_left_ = chunks_a_turn;
    bytes_left_ = bytes_a_turn;
    wake_soon();
  });
}

void pipe::detach() noexcept {
  if (parts_.source) parts_.source->observer_ = nullptr;
  if (parts_.sink) parts_.sink->observer_ = nullptr;
  for (transform* const stage : parts_.transforms) stage->pipe_ = nullptr;
}

void pipe::finish() {
  running_ = true;  // what the parts say from now on is no news
  const error reason = *outcome_;
  if (parts_.source) parts_.source->destroy(reason);
  for (std::size_t i = 0; i < parts_.transforms.size(); ++i) destroy(*parts_.transforms[i], reason);
  if (parts_.sink) {
    parts_.sink->told_ = true;  // by the outcome, though the sink may have failed by itself before
    parts_.sink->destroy(reason);
  }
  completion<void> done = std::move(done_);
  delete this;
  if (reason) {
    done.reject(reason);
  } else {
    done.resolve();
  }
}

void pipe::destroy(transform& stage, const error& reason) {
  stage.made_.clear();
  stage.busy_ = false;
  try {
    stage.on_destroy(reason);
  } catch (...) {
    owner().uncaught(error::from(std::current_exception()));
  }
}

}  // namespace detail
}  // namespace trireme
