#pragma once
#include <google/protobuf/message.h>
#include <memory>

namespace trireme::proto::detail {

/// A message of whatever type.
using message_ptr = std::unique_ptr<google::protobuf::Message>;

inline message_ptr copy_of(const google::protobuf::Message& original) {
  message_ptr made(original.New());
  made->CopyFrom(original);
  return made;
}

}  // namespace trireme::proto::detail
