#include <google/protobuf/io/printer.h>

#include "text.hpp"
#include "writers.hpp"

namespace trireme::plugin {
namespace {

using google::protobuf::io::Printer;

void write_method_table(const service_model& service, Printer& out) {
  out.Print("static const ::trireme::proto::method_descriptor methods[] = {\n");
  for (const method_model& method : service.methods) {
    out.Print(variables_of(service, method),
              "    {\"$proto_name$\", \"$path$\", ::trireme::proto::call_kind::$kind$,\n"
              "     ::trireme::proto::placement::$placement$, $queue_limit$, $timeout$,\n"
              "     &$request$::default_instance(), &$reply$::default_instance()},\n");
  }
  out.Print("};\n");
}

void write_descriptor(const service_model& service, Printer& out) {
  const variables names{{"name", service.name},
                        {"full_name", service.full_name},
                        {"methods", service.methods.empty() ? "{}" : "methods"}};
  out.Print(names, "\nconst ::trireme::proto::service_descriptor& $name$::descriptor() {\n");
  out.Indent();
  if (!service.methods.empty()) write_method_table(service, out);
  out.Print(names,
            "static const ::trireme::proto::service_descriptor all{\"$full_name$\", $methods$};\n"
            "return all;\n");
  out.Outdent();
  out.Print("}\n");
}

// The cases of the methods on the loop, or of the others.
void write_cases(const service_model& service, bool on_loop, Printer& out) {
  out.Print("  switch (method) {\n");
  for (const method_model& method : service.methods) {
    if (method.on_loop() != on_loop) continue;
    variables names = variables_of(service, method);
    names["verb"] = on_loop ? "start" : "run";
    out.Print(names,
              "    case $index$:\n"
              "      return ::trireme::proto::$verb$_$kind$<$request$, $reply$>(\n"
              "          call, [this]($deduced$) { return $name$($passed$); });\n");
  }
  out.Print("  }\n  TRIREME_ASSERT(!\"a method that this class does not have\");\n");
}

void write_service_base(const service_model& service, Printer& out) {
  const variables names{{"service", service.name}};
  out.Print(names,
            "\n"
            "const ::trireme::proto::service_descriptor& $service$::service::descriptor() const {\n"
            "  return $service$::descriptor();\n"
            "}\n"
            "\n"
            "::trireme::task<::trireme::proto::status> $service$::service::start(\n"
            "    std::size_t method, ::trireme::proto::server_call& call) {\n");
  write_cases(service, true, out);
  out.Print("}\n");
}

void write_worker_base(const service_model& service, Printer& out) {
  const variables names{{"service", service.name}};
  out.Print(names,
            "\n"
            "const ::trireme::proto::service_descriptor& $service$::worker::descriptor() const {\n"
            "  return $service$::descriptor();\n"
            "}\n"
            "\n"
            "::trireme::proto::status $service$::worker::run(\n"
            "    std::size_t method, ::trireme::proto::worker_call& call) {\n");
  write_cases(service, false, out);
  out.Print("}\n");
}

void write_default_method(const service_model& service, const method_model& method, Printer& out) {
  const variables names = variables_of(service, method);
  if (method.on_loop()) {
    out.Print(names,
              "\n"
              "::trireme::task<::trireme::proto::status> $service$::service::$name$(\n"
              "    $unnamed$ context) {\n"
              "  return ::trireme::proto::not_implemented_on(context.owner());\n"
              "}\n");
  } else {
    out.Print(names,
              "\n"
              "::trireme::proto::status $service$::worker::$name$(\n"
              "    $unnamed$) {\n"
              "  return ::trireme::proto::not_implemented();\n"
              "}\n");
  }
}

void write_client_method(const service_model& service, const method_model& method, Printer& out) {
  out.Print(variables_of(service, method),
            "\n"
            "$client_result$ $service$::client::$name$(\n"
            "    $client_defined$) {\n"
            "  return ::trireme::proto::call_$kind$<$request$, $reply$>(\n"
            "      *channel_, $service$::descriptor().methods[$index$], $client_request$options);\n"
            "}\n");
}

void write_service(const service_model& service, Printer& out) {
  write_descriptor(service, out);
  if (service.has_service()) write_service_base(service, out);
  if (service.has_worker()) write_worker_base(service, out);
  for (const method_model& method : service.methods) write_default_method(service, method, out);
  for (const method_model& method : service.methods) write_client_method(service, method, out);
}

void write_includes(const file_model& file, Printer& out) {
  out.Print(variables{{"stem", file.stem}}, "#include \"$stem$.trireme.hpp\"\n");
  if (file.services.empty()) return;
  out.Print(
      "\n"
      "#include <chrono>\n"
      "#include <trireme/core/assert.hpp>\n"
      "#include <utility>\n");
}

}  // namespace

void write_source(const file_model& file, google::protobuf::io::ZeroCopyOutputStream& to) {
  Printer out{&to, '$'};
  out.Print(variables{{"proto", file.proto}},
            "// Generated by protoc-gen-trireme from $proto$. Do not edit.\n");
  write_includes(file, out);
  if (file.services.empty()) return;
  open_namespace(file, out);
  for (const service_model& service : file.services) write_service(service, out);
  close_namespace(file, out);
}

}  // namespace trireme::plugin
