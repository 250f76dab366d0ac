#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <trireme/core/unique_function.hpp>
#include <trireme/proto/dispatcher.hpp>
#include <trireme/transport/http1/request_head.hpp>
#include <vector>

/// The Connect protocol's unary calls over HTTP, without I/O.
/// Source: https://connectrpc.com/docs/protocol/
namespace trireme::proto::connect {

/// A whole HTTP request, as views that need to live until `handler::serve` returns.
struct request {
  request(std::string_view given_method, std::string_view given_path,
          std::span<const transport::http1::header> given_headers, std::string_view given_body,
          std::string_view given_peer = {}) noexcept
      : method(given_method), path(given_path), headers(given_headers), body(given_body), peer(given_peer) {}
  std::string_view method;  ///< "POST"
  std::string_view path;    ///< without the query
  std::span<const transport::http1::header> headers;
  std::string_view body;
  std::string_view peer;  ///< for logs
};

/// A whole HTTP response.
///
/// Lifetime: the names of headers view into it, so it does not move; read it within the call that gets it.
struct reply {
  reply() = default;
  reply(const reply&) = delete;
  reply& operator=(const reply&) = delete;
  int status = 200;
  std::string_view content_type;
  std::string body;
  std::vector<transport::http1::header> headers;  ///< beside Content-Type and Content-Length
  std::vector<std::string> kept;                  ///< what `headers` view into
};

/// Takes the response; called once.
using respond = unique_function<void(const reply&)>;

/// Limits of the binding.
struct options {
  options() {}
  std::size_t max_message_bytes = std::size_t{4}
                                  << 20;  ///< of a request's body; beyond: `resource_exhausted`
};

class exchange;

/// Names one call under way. Copies name the same.
///
/// Thread: the loop's. Lifetime: may outlive the call.
class ongoing {
public:
  using bound_to_a_loop = void;
  explicit ongoing(std::weak_ptr<exchange> call) noexcept : call_(std::move(call)) {}
  /// The client has gone: the call is stopped, and `respond` called with what nobody reads.
  void cancel() const;

private:
  std::weak_ptr<exchange> call_;
};

/// Serves the unary methods of a dispatcher: POST with application/proto or application/json.
///
/// Every failure on an RPC route is Connect's error JSON with the HTTP status that the protocol pairs with
/// its code, but for two that HTTP itself names: 405 with Allow, where the method is not POST, and 415 with
/// Accept-Post, where the content is neither of the two types. Methods that stream are `unimplemented` here.
///
/// Thread: the loop's. Lifetime: the dispatcher outlives it; calls under way may outlive it.
class handler {
public:
  using bound_to_a_loop = void;
  explicit handler(dispatcher& server, options limits = {}) : server_(server), limits_(limits) {}

  /// Whether a request of that path is an RPC: a method that is served, or what looks like one,
  /// "/package.Service/Method".
  bool serves(std::string_view path) const noexcept;
  /// Begins a call; `respond` may be called before this returns.
  ongoing serve(const request& given, respond answer);

private:
  dispatcher& server_;
  const options limits_;
};

/// The response for a call that cannot even begin, such as one whose body is over HTTP's own limit.
void write_error(const status& outcome, reply& into);

}  // namespace trireme::proto::connect
