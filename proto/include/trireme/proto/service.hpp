#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <trireme/core/clock.hpp>
#include <trireme/core/task.hpp>
#include <trireme/proto/status.hpp>

namespace google::protobuf {
class Message;
}

namespace trireme::proto {

class server_call;
class worker_call;

/// Which sides of a call are streams.
enum class call_kind { unary, server_stream, client_stream, bidi };

/// Where a method runs: a coroutine on the loop, a plain function on the loop, a plain function on a worker.
enum class placement { loop, inlined, pool };

/// One method as its .proto has it. Made by the plugin; all that it refers to is static.
struct method_descriptor {
  std::string_view name;  ///< "Count"
  std::string_view path;  ///< "/trireme.primes.v1.Primes/Count", a literal: a NUL follows
  call_kind kind = call_kind::unary;
  placement where = placement::loop;
  std::uint32_t queue_limit = 0;  ///< calls under way at once; 0: the dispatcher's limit alone
  duration timeout{0};            ///< the longest a call may take; 0: no limit
  const google::protobuf::Message* request = nullptr;  ///< default instances
  const google::protobuf::Message* reply = nullptr;
};

/// One service: its methods in the order of the .proto.
struct service_descriptor {
  std::string_view full_name;  ///< "trireme.primes.v1.Primes"
  std::span<const method_descriptor> methods;
};

/// What the bases that the plugin writes for LOOP methods implement. Users derive from those.
///
/// Thread: the loop's.
class service {
public:
  using bound_to_a_loop = void;
  virtual ~service() = default;
  virtual const service_descriptor& descriptor() const = 0;
  /// Begins a call of the method of that index, which has placement `loop`. The call outlives the task.
  virtual task<status> start(std::size_t method, server_call& call) = 0;
};

/// What the bases that the plugin writes for INLINE and POOL methods implement. There is one instance for
/// each worker thread, and one on the loop for INLINE methods, so that its state belongs to one thread.
///
/// Thread: the one that made it.
class worker {
public:
  virtual ~worker() = default;
  /// Of static lifetime.
  virtual const service_descriptor& descriptor() const = 0;
  /// Does a call of the method of that index, which has placement `inlined` or `pool`.
  virtual status run(std::size_t method, worker_call& call) = 0;
};

}  // namespace trireme::proto
