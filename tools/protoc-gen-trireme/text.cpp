#include "text.hpp"

namespace trireme::plugin {
namespace {

template <typename Spell>
std::string joined(const method_model& method, Spell spell) {
  std::string result;
  for (const parameter& each : method.parameters) {
    if (!result.empty()) result += ", ";
    result += spell(each);
  }
  return result;
}

bool streams_requests(const method_model& method) {
  return method.kind == "client_stream" || method.kind == "bidi";
}

}  // namespace

std::string declared_parameters(const method_model& method) {
  return joined(method, [](const parameter& each) { return each.type + " " + each.name; });
}

std::string deduced_parameters(const method_model& method) {
  return joined(method, [](const parameter& each) {
    if (each.type.back() != '&') return each.type + " " + each.name;
    return (each.type.starts_with("const ") ? "const auto& " : "auto& ") + each.name;
  });
}

std::string unnamed_parameters(const method_model& method) {
  return joined(method, [](const parameter& each) { return each.type; });
}

std::string passed_parameters(const method_model& method) {
  return joined(method, [](const parameter& each) {
    return each.name == "stop" ? std::string{"std::move(stop)"} : each.name;
  });
}

std::string client_result(const method_model& method) {
  const std::string both = "<" + method.request + ", " + method.reply + ">";
  if (method.kind == "unary") return "::trireme::promise<" + method.reply + ">";
  if (method.kind == "server_stream") return "::trireme::proto::client_reader<" + method.reply + ">";
  if (method.kind == "client_stream") return "::trireme::proto::client_call" + both;
  return "::trireme::proto::client_stream" + both;
}

std::string client_parameters(const method_model& method, bool defined) {
  const std::string request = streams_requests(method) ? "" : "const " + method.request + "& request, ";
  return request + "const ::trireme::proto::call_options& options" + (defined ? "" : " = {}");
}

variables variables_of(const service_model& service, const method_model& method) {
  return {{"service", service.name},
          {"proto_name", method.proto_name},
          {"name", method.name},
          {"path", method.path},
          {"request", method.request},
          {"reply", method.reply},
          {"kind", method.kind},
          {"placement", method.placement},
          {"queue_limit", std::to_string(method.queue_limit)},
          {"timeout", method.timeout},
          {"index", std::to_string(method.index)},
          {"declared", declared_parameters(method)},
          {"deduced", deduced_parameters(method)},
          {"unnamed", unnamed_parameters(method)},
          {"passed", passed_parameters(method)},
          {"client_result", client_result(method)},
          {"client_declared", client_parameters(method, false)},
          {"client_defined", client_parameters(method, true)},
          {"client_request", streams_requests(method) ? "" : "request, "}};
}

void open_namespace(const file_model& file, google::protobuf::io::Printer& out) {
  if (!file.name_space.empty()) out.Print(variables{{"ns", file.name_space}}, "\nnamespace $ns$ {\n");
}

void close_namespace(const file_model& file, google::protobuf::io::Printer& out) {
  if (!file.name_space.empty()) out.Print(variables{{"ns", file.name_space}}, "\n}  // namespace $ns$\n");
}

}  // namespace trireme::plugin
