// The ways to run a call: a task on the loop, a function on the loop, a function on a worker.
#include <algorithm>
#include <trireme/actors/pool.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/proto/server_call.hpp>

#include "server_call_pin.hpp"
#include "worker_group.hpp"
#include "write_gate.hpp"

namespace trireme::proto {
namespace {

using detail::message_ptr;
using detail::worker_answer;
using detail::worker_group;
using detail::write_gate;

/// A method that gives one reply.
class unary_worker_call final : public worker_call {
public:
  unary_worker_call(const google::protobuf::Message& request, std::stop_token stop) noexcept
      : worker_call(request, std::move(stop)) {}
  bool write(message_ptr) override { return false; }
  using worker_call::take_reply;
};

/// A streaming method: `Write` takes each message and says whether more is wanted.
template <class Write>
class stream_worker_call final : public worker_call {
public:
  stream_worker_call(const google::protobuf::Message& request, std::stop_token stop, Write write)
      : worker_call(request, std::move(stop)), write_(std::move(write)) {}
  bool write(message_ptr message) override { return write_(std::move(message)); }

private:
  Write write_;
};

/// What a job needs of its call; it travels to a worker.
struct pool_work {
  std::shared_ptr<worker_group> group;
  std::size_t method;
  message_ptr request;
  std::shared_ptr<write_gate> gate;  // null for unary methods

  worker& local() const { return *group->on_workers.local(); }
};

/// The pool knows a job by its method: "package.Service/Method". Its deadline is that of the call, in whose
/// context it is submitted.
actors::job_options job_of(const method_descriptor& method) {
  return actors::job_options().named(method.path.data() + 1);
}

worker_answer do_unary(pool_work& work, actors::job_context& job) {
  unary_worker_call call(*work.request, job.token());
  worker_answer answer(work.local().run(work.method, call));
  answer.reply = detail::sibling_of(work.request, call.take_reply());
  return answer;
}

worker_answer do_stream(const pool_work& work, actors::progress<message_ptr>& progress) {
  stream_worker_call call(*work.request, progress.job().token(), [&](message_ptr message) {
    return work.gate->acquire() && progress.post(std::move(message)) == posting::posted;
  });
  return worker_answer(work.local().run(work.method, call));
}

}  // namespace

void server_call::launch() {
  if (context_.method().where == placement::loop ? !entry_->handler : !entry_->group) {
    return finish(status(code::unimplemented, "no service implements this method"));
  }
  switch (context_.method().where) {
    case placement::loop:
      return run_on_loop();
    case placement::inlined:
      return run_inline();
    case placement::pool:
      return streams_out() ? run_stream_on_pool() : run_on_pool();
  }
}

void server_call::run_on_loop() {
  work_began();
  try {
    owner().run_in(context_.context_,
                   [this] { task_.emplace(entry_->handler->start(entry_->index, *this)); });
  } catch (...) {
    conclude(error::from(std::current_exception()));
    return work_ended();
  }
  task_->settlement().attach(*this);
}

void server_call::settled() {
  const pin keep(*this);
  auto& ended = task_->settlement();
  if (ended.failed()) {
    conclude(ended.failure());
  } else {
    conclude(std::move(ended.value()));
  }
  task_.reset();
  work_ended();
}

void server_call::run_inline() {
  work_began();
  try {
    worker& local = *entry_->group->on_loop;
    status outcome;
    owner().run_in(context_.context_, [&] {
      if (streams_out()) {
        stream_worker_call call(*request_, {},
                                [this](message_ptr message) { return deliver(std::move(message)); });
        outcome = local.run(entry_->index, call);
      } else {
        unary_worker_call call(*request_, {});
        outcome = local.run(entry_->index, call);
        reply_ = call.take_reply();
      }
    });
    conclude(std::move(outcome));
  } catch (...) {
    conclude(error::from(std::current_exception()));
  }
  work_ended();
}

void server_call::run_on_pool() {
  working_ = true;  // what the pool answers to keeps the call, and lets go of it unanswered at the loop's end
  auto answered = [call = pin(*this)](const error& failure, worker_answer answer) {
    call->job_answered(failure, std::move(answer));
  };
  auto job = [work = pool_work{entry_->group, entry_->index, std::move(request_), nullptr}](
                 actors::job_context& context) mutable { return do_unary(work, context); };
  owner().run_in(context_.context_, [&] {
    dispatcher_->pool_.with(job_of(context_.method())).run_then(std::move(answered), std::move(job));
  });
}

void server_call::run_stream_on_pool() {
  working_ = true;
  const auto& options = dispatcher_->options_;
  const std::size_t limit = std::max<std::size_t>(1, std::min(options.worker_unsent, options.max_unsent));
  gate_ = std::make_shared<write_gate>(static_cast<std::uint32_t>(limit));
  auto on_message = [call = pin(*this)](message_ptr message) { call->deliver(std::move(message)); };
  auto job = [work = pool_work{entry_->group, entry_->index, std::move(request_), gate_}](
                 actors::progress<message_ptr>& progress) { return do_stream(work, progress); };
  owner().run_in(context_.context_, [&] {
    dispatcher_->pool_.with(job_of(context_.method()))
        .run_with_progress<message_ptr>(std::move(on_message), std::move(job))
        .then([call = pin(*this)](worker_answer answer) { call->job_answered({}, std::move(answer)); },
              [call = pin(*this)](const error& failure) { call->job_answered(failure, {}); })
        .detach();
  });
}

bool server_call::deliver(message_ptr message) { return output_.push(std::move(message)); }

void server_call::job_answered(const error& failure, worker_answer answer) {
  const pin keep(*this);
  if (failure) {
    conclude(failure);
  } else {
    reply_ = std::move(answer.reply);
    conclude(std::move(answer.outcome));
  }
  working_ = false;
  sign_off();
}

}  // namespace trireme::proto
