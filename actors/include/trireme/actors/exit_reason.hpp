#pragma once
#include <string>
#include <trireme/core/error.hpp>
#include <utility>

namespace trireme::actors {

/// Why an actor ended. Thread: a value; copies may be used on any.
class exit_reason {
public:
  /// What an exit can be.
  enum class kind {
    normal,    ///< it had done what it was for: its own `stop()`
    stopped,   ///< it was asked to: by `stop(ref)`, by its supervisor, or with its system
    failed,    ///< an exception left its constructor or a handler; `failure` has it
    no_actor,  ///< it had gone before anybody asked
  };

  exit_reason() noexcept = default;
  exit_reason(kind why) noexcept : kind_(why) {}
  static exit_reason failed(error failure) noexcept {
    exit_reason made(kind::failed);
    made.failure_ = std::move(failure);
    return made;
  }

  kind why() const noexcept { return kind_; }
  /// Tests false unless it failed.
  const error& failure() const noexcept { return failure_; }
  /// "normal", "stopped", "no such actor", or the failure's message.
  std::string message() const;
  friend bool operator==(const exit_reason& left, kind right) noexcept { return left.kind_ == right; }

private:
  kind kind_ = kind::normal;
  error failure_;
};

}  // namespace trireme::actors
