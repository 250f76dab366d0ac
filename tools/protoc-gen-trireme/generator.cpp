#include "generator.hpp"

#include <memory>

#include "model.hpp"
#include "writers.hpp"

namespace trireme::plugin {

using stream = std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream>;

bool generator::Generate(const google::protobuf::FileDescriptor* file, const std::string& options, output* to,
                         std::string* error) const {
  if (!options.empty()) {
    *error = "protoc-gen-trireme takes no options, but was given \"" + options + "\"";
    return false;
  }
  try {
    const file_model model = describe(*file);
    const stream header{to->Open(model.stem + ".trireme.hpp")};
    write_header(model, *header);
    const stream source{to->Open(model.stem + ".trireme.cpp")};
    write_source(model, *source);
    return true;
  } catch (const refusal& why) {
    *error = why.what();
    return false;
  }
}

bool generator::GenerateAll(const files& all, const std::string& options, output* to,
                            std::string* error) const {
  for (const auto* file : all) {  // the inherited one would put the file's name before ours
    if (!Generate(file, options, to, error)) return false;
  }
  return true;
}

}  // namespace trireme::plugin
