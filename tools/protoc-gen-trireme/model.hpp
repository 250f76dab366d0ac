#pragma once
#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace trireme::plugin {

/// A .proto that Trireme cannot serve. `what()` says where and why: "a/b.proto:7: ...".
struct refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One parameter of a method that the user overrides.
struct parameter {
  std::string type;
  std::string name;
};

/// One rpc, with every name spelt as the generated code needs it.
struct method_model {
  std::string proto_name;
  std::string name;
  std::string path;
  std::string request;
  std::string reply;
  std::string kind;
  std::string placement;
  std::uint32_t queue_limit = 0;
  std::string timeout;
  std::vector<std::string> comment;
  std::vector<parameter> parameters;
  int index = 0;

  bool on_loop() const { return placement == "loop"; }
};

/// One service.
struct service_model {
  std::string name;
  std::string full_name;
  std::vector<std::string> comment;
  std::vector<method_model> methods;

  bool has_service() const;
  bool has_worker() const;
};

/// One .proto file.
struct file_model {
  std::string proto;
  std::string stem;
  std::string name_space;
  std::vector<service_model> services;
};

/// What is generated for `file`. Throws `refusal`.
file_model describe(const google::protobuf::FileDescriptor& file);

}  // namespace trireme::plugin
