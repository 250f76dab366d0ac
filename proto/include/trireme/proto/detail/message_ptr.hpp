#pragma once
#include <google/protobuf/message.h>
#include <memory>
#include <trireme/proto/arena_shelf.hpp>
#include <utility>

namespace trireme::proto::detail {

/// Lets go of a message: of one that holds its arena by sending that home, of one on the heap by deleting it.
/// Any other is its arena's.
///
/// Thread: whoever holds the message; making one from a shelf is the shelf's loop's.
class message_deleter {
public:
  message_deleter() noexcept = default;
  template <class T>
  message_deleter(std::default_delete<T>) noexcept {}  // of `make_unique`
  explicit message_deleter(arena_shelf& from) : box_(from.lend()) {}

  void operator()(google::protobuf::Message* message) noexcept {
    if (box_) return box_.reset();
    if (!message->GetArena()) delete message;
  }
  google::protobuf::Arena* arena() const noexcept { return box_ ? &box_->arena : nullptr; }

private:
  lent_box box_;
};

/// A message of whatever type, on the heap or, as a `sealed` one, with its arena.
using message_ptr = std::unique_ptr<google::protobuf::Message, message_deleter>;

inline message_ptr copy_of(const google::protobuf::Message& original) {
  message_ptr made(original.New());
  made->CopyFrom(original);
  return made;
}

/// A message that crosses threads with its arena.
inline message_ptr make_in(arena_shelf& shelf, const google::protobuf::Message& prototype) {
  message_deleter box(shelf);
  google::protobuf::Message* const made = prototype.New(box.arena());
  return message_ptr(made, std::move(box));
}

/// What was made in the arena that `first` holds takes that over. `first` is empty then, and its message
/// readable for as long as the other lives.
inline message_ptr sibling_of(message_ptr& first, message_ptr made) {
  google::protobuf::Arena* const arena = first.get_deleter().arena();
  if (!made || !arena || made->GetArena() != arena) return made;
  message_ptr both(made.release(), std::move(first.get_deleter()));
  static_cast<void>(first.release());
  return both;
}

}  // namespace trireme::proto::detail
