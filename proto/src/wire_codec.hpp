#pragma once
#include <google/protobuf/message.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <trireme/proto/message_channel.hpp>

namespace trireme::wire::v1 {
class Frame;
}

namespace trireme::proto::wire {

/// Room for one frame on its way out; a small binary one needs no memory beside it.
class frame_buffer {
public:
  frame_buffer() = default;
  frame_buffer(const frame_buffer&) = delete;
  frame_buffer& operator=(const frame_buffer&) = delete;

  std::string_view view() const noexcept { return view_; }
  /// Bytes to fill in, `size` of them.
  char* take(std::size_t size);
  /// A string to append to, then `seal`.
  std::string& text() noexcept { return large_; }
  void seal() noexcept { view_ = large_; }

private:
  std::array<char, 1024> small_;
  std::string large_;
  std::string_view view_;
};

/// One message of a call. The message is written once, straight behind the envelope.
void write_message(frame_buffer& out, encoding form, std::uint32_t call,
                   const google::protobuf::Message& message);

/// One message of a topic, the same for every subscriber.
void write_topic_message(std::string& out, encoding form, std::uint32_t topic,
                         const google::protobuf::Message& message);

/// Everything else: frames without a message.
void write_control(frame_buffer& out, encoding form, const trireme::wire::v1::Frame& frame);

}  // namespace trireme::proto::wire
