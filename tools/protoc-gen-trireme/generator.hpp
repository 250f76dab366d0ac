#pragma once
#include <google/protobuf/compiler/code_generator.h>

#include <cstdint>
#include <string>
#include <vector>

namespace trireme::plugin {

/// Writes `x.trireme.hpp` and `x.trireme.cpp` for each `x.proto`, beside protoc's own `x.pb.h`. A file
/// without services gets both too, so that a build need not read it to know its outputs.
class generator final : public google::protobuf::compiler::CodeGenerator {
public:
  using files = std::vector<const google::protobuf::FileDescriptor*>;
  using output = google::protobuf::compiler::GeneratorContext;

  std::uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
  bool Generate(const google::protobuf::FileDescriptor* file, const std::string& options, output* to,
                std::string* error) const override;
  bool GenerateAll(const files& all, const std::string& options, output* to,
                   std::string* error) const override;
};

}  // namespace trireme::plugin
