#pragma once

namespace trireme::proto {

/// How messages are written on a wire.
enum class encoding {
  protobuf,  ///< protobuf's binary encoding
  json,      ///< protobuf's JSON mapping
};

}  // namespace trireme::proto
