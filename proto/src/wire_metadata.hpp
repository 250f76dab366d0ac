#pragma once
#include <cstddef>
#include <string>
#include <trireme/proto/metadata.hpp>
#include <trireme/proto/status.hpp>

namespace trireme::wire::v1 {
class Open;
class Status;
}  // namespace trireme::wire::v1

namespace trireme::proto::wire {

/// What a call's metadata is: that of its Open, and the session's token as "authorization" unless the Open
/// brings one of its own. Method, metadata and token together take at most `limit` bytes.
status gather(const trireme::wire::v1::Open& open, const std::string& token, std::size_t limit,
              metadata& into);

/// The frame of an outcome. A name that repeats has its values joined with a comma; what is not UTF-8, which
/// no frame can carry, loses its bytes above ASCII to '?'.
void fill(const status& outcome, const metadata& trailers, trireme::wire::v1::Status& frame);

}  // namespace trireme::proto::wire
