#include <string>
#include <trireme/proto/dispatcher.hpp>

#include "worker_group.hpp"

namespace trireme::proto {
namespace {

constexpr std::size_t arenas_kept = 256;  // a mebibyte for as many calls at once

[[noreturn]] void refuse(const method_descriptor& method, std::string_view why) {
  throw error(std::make_error_code(std::errc::invalid_argument), why, method.path);
}

bool streams_in(const method_descriptor& method) noexcept {
  return method.kind == call_kind::client_stream || method.kind == call_kind::bidi;
}

}  // namespace

dispatcher::dispatcher(loop& owner, actors::pool& workers, dispatcher_options options)
    : loop_(owner), pool_(workers), options_(options), arenas_(owner, arenas_kept) {}

dispatcher::~dispatcher() {
  closed_ = true;
  while (!calls_.empty()) calls_.front().call.detach();
}

void dispatcher::introduce(const service_descriptor& described) {
  for (const auto* known : services_) {
    if (known->full_name == described.full_name) return;
  }
  services_.push_back(&described);
  for (std::size_t index = 0; index < described.methods.size(); ++index) {
    const method_descriptor& method = described.methods[index];
    if (method.where != placement::loop && streams_in(method))
      refuse(method, "a stream of the client's off the loop");
    methods_.emplace(method.path, std::make_unique<detail::method_entry>(method, index));
  }
}

detail::method_entry& dispatcher::entry_of(const service_descriptor& described, std::size_t index) {
  return *methods_.at(described.methods[index].path);
}

void dispatcher::add(std::shared_ptr<service> handler) {
  loop_.assert_current();
  const service_descriptor& described = handler->descriptor();
  introduce(described);
  for (std::size_t index = 0; index < described.methods.size(); ++index) {
    if (described.methods[index].where != placement::loop) continue;
    detail::method_entry& entry = entry_of(described, index);
    if (entry.handler) refuse(*entry.method, "served already");
    entry.handler = handler.get();
  }
  handlers_.push_back(std::move(handler));
}

void dispatcher::add_workers(std::function<std::unique_ptr<worker>()> factory) {
  loop_.assert_current();
  const auto group = std::make_shared<detail::worker_group>(pool_, std::move(factory));
  const service_descriptor& described = group->on_loop->descriptor();
  introduce(described);
  bool inlined = false;
  for (std::size_t index = 0; index < described.methods.size(); ++index) {
    if (described.methods[index].where == placement::loop) continue;
    detail::method_entry& entry = entry_of(described, index);
    if (entry.group) refuse(*entry.method, "served already");
    entry.group = group;
    inlined = inlined || entry.method->where == placement::inlined;
  }
  if (!inlined) group->on_loop.reset();
}

call_ptr dispatcher::open(message_channel& channel, call_open open) {
  loop_.assert_current();
  const auto found = methods_.find(open.method);
  detail::method_entry* const entry = found == methods_.end() ? nullptr : found->second.get();
  const std::optional<duration> timeout = open.timeout;
  auto* const made = new server_call(*this, channel, entry, std::move(open));
  made->retain();
  call_ptr call(made);
  call->begin(timeout);
  return call;
}

const method_descriptor* dispatcher::find(std::string_view path) const noexcept {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : found->second->method;
}

void dispatcher::entered(server_call& call) noexcept {
  calls_.push_back(call.registered_);
  ++active_;
}

void dispatcher::left() noexcept {
  if (--active_ != 0) return;
  for (auto& waiting : std::exchange(drained_, {})) waiting.resolve();
}

promise<void> dispatcher::drained() {
  if (active_ == 0) return promise<void>::resolved(loop_);
  auto [empty, settle] = make_promise<void>(loop_);
  drained_.push_back(std::move(settle));
  return std::move(empty);
}

void dispatcher::stop_all(const error& reason) {
  std::vector<context_ptr> running;
  trireme::detail::list<server_call::node> all;
  all.splice(calls_);
  while (!all.empty()) {
    auto& each = all.pop_front();
    running.push_back(each.call.context_.context());
    calls_.push_back(each);
  }
  for (const auto& each : running) each->request_stop(reason);
}

}  // namespace trireme::proto
