#pragma once
#include <google/protobuf/io/zero_copy_stream.h>

#include "model.hpp"

namespace trireme::plugin {

/// Writes `<stem>.trireme.hpp`: for each service its descriptor, base classes and client.
void write_header(const file_model& file, google::protobuf::io::ZeroCopyOutputStream& to);

/// Writes `<stem>.trireme.cpp`, the definitions of what the header declares.
void write_source(const file_model& file, google::protobuf::io::ZeroCopyOutputStream& to);

}  // namespace trireme::plugin
