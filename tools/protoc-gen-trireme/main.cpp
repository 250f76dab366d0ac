#include <google/protobuf/compiler/plugin.h>

#include "generator.hpp"

int main(int argc, char* argv[]) {
  const trireme::plugin::generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
