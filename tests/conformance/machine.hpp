#pragma once
#include <map>
#include <memory>
#include <string>
#include <trireme/core/loop.hpp>
#include <trireme/core/promise.hpp>
#include <trireme/core/result.hpp>
#include <trireme/core/task.hpp>
#include <trireme/core/testing/virtual_clock.hpp>
#include <variant>
#include <vector>

#include "program.hpp"

namespace conformance {

/// A JavaScript string: moving it leaves it as it was, for programs look at a value as often as they like.
struct text : std::string {
  text(std::string value = {}) : std::string(std::move(value)) {}
  text(const text&) = default;
  text& operator=(const text&) = default;
};

/// One program, done by our loop: interpreter.cjs's twin.
class machine {
public:
  machine(trireme::loop& owner, trireme::testing::virtual_clock& time, const program& done);
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;
  ~machine();

  /// Runs the program to its end. The events, and the exit code where it counts.
  std::string run();

private:
  template <class T>
  using kept = trireme::detail::promise_ref<T>;
  using outcomes = std::vector<trireme::result<text>>;
  using any_promise = std::variant<kept<text>, kept<std::vector<text>>, kept<outcomes>>;
  class readable;

  bool run_script();
  void run(const operations& steps, const text& value = {});
  void step(const operation& one, const text& value);
  bool step_on_loop(const operation& one);
  bool step_on_handle(const operation& one);
  bool step_on_promise(const operation& one, const text& value);
  void log(const std::string& what, const text& value);

  trireme::callback doing(const operations& body);
  void set_interval(const operation& one);
  void clear(const std::string& which);
  void set_referenced(const std::string& which, bool referenced);

  void make_promise(const std::string& as);
  void resolve(const operation& one, const text& value);
  void then(const operation& one, const operations& work, const operations* rescue);
  void catch_(const operation& one);
  void finally(const operation& one);
  bool combine(const operation& one);
  template <class Attach>
  void with_reaction(const operation& one, Attach attach);
  trireme::promise<text> promise(const std::string& which);
  trireme::resolver<text>* resolver(const std::string& which);
  template <class T>
  void name(const std::string& as, trireme::promise<T> made);
  trireme::task<text> async(const operation& one);

  trireme::loop& loop_;
  trireme::testing::virtual_clock& time_;
  const program& program_;
  std::vector<std::string> events_;
  std::size_t exits_ = 0;
  std::map<std::string, trireme::timer> timers_;
  std::map<std::string, trireme::immediate> immediates_;
  std::map<std::string, any_promise> promises_;
  std::vector<std::pair<std::string, trireme::resolver<text>>> resolvers_;
  std::vector<std::unique_ptr<readable>> readables_;
};

}  // namespace conformance
