#pragma once
#include <google/protobuf/io/printer.h>

#include <map>
#include <string>

#include "model.hpp"

namespace trireme::plugin {

using variables = std::map<std::string, std::string>;

/// "const In& request, Out& reply": as the user overrides it.
std::string declared_parameters(const method_model& method);

/// "const auto& request, auto& reply": the same for a generic lambda.
std::string deduced_parameters(const method_model& method);

/// "const In&, Out&": the types alone.
std::string unnamed_parameters(const method_model& method);

/// "request, reply": as they are handed on.
std::string passed_parameters(const method_model& method);

/// How the method is called: the client's return type, and its parameters, without a default where `defined`.
std::string client_result(const method_model& method);
std::string client_parameters(const method_model& method, bool defined);

/// `$name$`, `$request$`, `$reply$`, ... of the method, for a Printer.
variables variables_of(const service_model& service, const method_model& method);

void open_namespace(const file_model& file, google::protobuf::io::Printer& out);
void close_namespace(const file_model& file, google::protobuf::io::Printer& out);

}  // namespace trireme::plugin
