#pragma once
// What the code that protoc-gen-trireme writes includes, and the functions that it calls. A `Method` is a
// callable that calls the user's virtual; it is used up before the functions return, the coroutine it starts
// is not.
#include <memory>
#include <optional>
#include <trireme/core/promise.hpp>
#include <trireme/core/task.hpp>
#include <trireme/proto/async_reader.hpp>
#include <trireme/proto/async_writer.hpp>
#include <trireme/proto/call_context.hpp>
#include <trireme/proto/client.hpp>
#include <trireme/proto/server_call.hpp>
#include <trireme/proto/service.hpp>
#include <trireme/proto/status.hpp>
#include <trireme/proto/worker_call.hpp>

namespace trireme::proto {

/// For the services that the plugin writes: calls the coroutine of a method with its request and reply.
template <class In, class Out, class Method>
task<status> start_unary(server_call& call, Method&& method) {
  return method(static_cast<const In&>(call.request()), static_cast<Out&>(call.reply()), call.context());
}

/// The same for a method that writes a stream.
template <class In, class Out, class Method>
task<status> start_server_stream(server_call& call, Method&& method) {
  return method(static_cast<const In&>(call.request()), call.emplace_writer<Out>(), call.context());
}

/// The same for a method that reads a stream.
template <class In, class Out, class Method>
task<status> start_client_stream(server_call& call, Method&& method) {
  return method(call.emplace_reader<In>(), static_cast<Out&>(call.reply()), call.context());
}

/// The same for a method that does both.
template <class In, class Out, class Method>
task<status> start_bidi(server_call& call, Method&& method) {
  return method(call.emplace_reader<In>(), call.emplace_writer<Out>(), call.context());
}

/// Calls the plain function of a method with its request and reply, on a worker or on the loop.
template <class In, class Out, class Method>
status run_unary(worker_call& call, Method&& method) {
  // Beside the request: on the heap, where that lies there.
  Out* const made = google::protobuf::Arena::CreateMessage<Out>(call.request().GetArena());
  detail::message_ptr reply(made);
  status outcome = method(static_cast<const In&>(call.request()), *made, call.stop());
  call.reply(std::move(reply));
  return outcome;
}

/// The same for a function that writes a stream.
template <class In, class Out, class Method>
status run_server_stream(worker_call& call, Method&& method) {
  writer<Out> out(call);
  return method(static_cast<const In&>(call.request()), out, call.stop());
}

/// What a method that its user did not write answers.
inline status not_implemented() {
  return status(code::unimplemented, "the service does not implement this method");
}
/// The same as a coroutine on the call's loop.
inline task<status> not_implemented_on(loop&) { co_return not_implemented(); }

}  // namespace trireme::proto
