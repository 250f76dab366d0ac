#include "model.hpp"

#include <google/protobuf/compiler/cpp/names.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>

#include "names.hpp"
#include "trireme/options/v1/options.pb.h"

namespace trireme::plugin {
namespace {

namespace pb = google::protobuf;
namespace options = trireme::options::v1;

// A hundred years: added to any point of the loop's clock it does not overflow.
constexpr std::int64_t longest_timeout_seconds = std::int64_t{100} * 366 * 24 * 60 * 60;

[[noreturn]] void refuse(const pb::MethodDescriptor& method, const std::string& why) {
  pb::SourceLocation where;
  std::string message{method.file()->name()};
  if (method.GetSourceLocation(&where)) message += ':' + std::to_string(where.start_line + 1);
  throw refusal(message + ": " + std::string{method.full_name()} + " " + why);
}

std::vector<std::string> lines_of(std::string_view comment) {
  std::vector<std::string> lines;
  std::istringstream text{std::string{comment}};
  for (std::string line; std::getline(text, line);) {
    // A backslash at its end would make the next line of code a comment too.
    line.erase(line.find_last_not_of(" \t\r\\") + 1);
    lines.push_back(std::move(line));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

template <typename Descriptor>
std::vector<std::string> leading_comment(const Descriptor& descriptor) {
  pb::SourceLocation where;
  if (!descriptor.GetSourceLocation(&where)) return {};
  return lines_of(where.leading_comments);
}

std::string kind_of(const pb::MethodDescriptor& method) {
  if (method.client_streaming()) return method.server_streaming() ? "bidi" : "client_stream";
  return method.server_streaming() ? "server_stream" : "unary";
}

std::string placement_of(const pb::MethodDescriptor& method, const options::Method& policy) {
  if (policy.placement() == options::LOOP) return "loop";
  const bool pool = policy.placement() == options::POOL;
  if (!pool && policy.placement() != options::INLINE) {
    refuse(method, "has a placement that is none of LOOP, INLINE and POOL");
  }
  if (method.client_streaming()) {
    refuse(method, std::string{"has placement "} + (pool ? "POOL" : "INLINE") +
                       ", which takes one request: a method that receives a stream runs on the LOOP");
  }
  return pool ? "pool" : "inlined";
}

std::string timeout_of(const pb::MethodDescriptor& method, const options::Method& policy) {
  const std::int64_t seconds = policy.timeout().seconds();
  const std::int64_t nanos = policy.timeout().nanos();
  if (seconds < 0 || nanos < 0) refuse(method, "has a timeout below zero");
  if (nanos > 999'999'999) refuse(method, "has a timeout with more than 999999999 nanos");
  if (seconds >= longest_timeout_seconds) refuse(method, "has a timeout of more than a hundred years");
  if (nanos == 0) return "std::chrono::seconds(" + std::to_string(seconds) + ")";
  return "std::chrono::nanoseconds(" + std::to_string(seconds * 1'000'000'000 + nanos) + ")";
}

parameter input_of(const method_model& method) {
  const bool stream = method.kind == "client_stream" || method.kind == "bidi";
  if (stream) return {"::trireme::proto::async_reader<" + method.request + ">&", "in"};
  return {"const " + method.request + "&", "request"};
}

parameter output_of(const method_model& method) {
  const bool stream = method.kind == "server_stream" || method.kind == "bidi";
  if (!stream) return {method.reply + "&", "reply"};
  const std::string writer = method.on_loop() ? "async_writer" : "writer";
  return {"::trireme::proto::" + writer + "<" + method.reply + ">&", "out"};
}

parameter control_of(const method_model& method) {
  if (method.on_loop()) return {"::trireme::proto::call_context&", "context"};
  return {"std::stop_token", "stop"};
}

method_model describe(const pb::MethodDescriptor& method, std::set<std::string>& taken) {
  const auto& policy = method.options().GetExtension(options::method);
  method_model result;
  result.proto_name = method.name();
  result.name = unused_identifier(method.name(), taken);
  result.path = "/" + std::string{method.service()->full_name()} + "/" + result.proto_name;
  result.request = class_of(*method.input_type(), *method.file());
  result.reply = class_of(*method.output_type(), *method.file());
  result.kind = kind_of(method);
  result.placement = placement_of(method, policy);
  result.queue_limit = policy.queue_limit();
  result.timeout = timeout_of(method, policy);
  result.comment = leading_comment(method);
  result.parameters = {input_of(result), output_of(result), control_of(result)};
  result.index = method.index();
  return result;
}

// What the generated classes are called and declare of their own; a class may not have a member of its own
// name.
const std::set<std::string> ours{"bound_to_a_loop", "channel_", "client", "descriptor", "run",
                                 "service",         "start",    "worker"};

service_model describe(const pb::ServiceDescriptor& service, std::set<std::string>& taken_in_file) {
  service_model result;
  result.name = unused_identifier(service.name(), taken_in_file);
  result.full_name = service.full_name();
  result.comment = leading_comment(service);
  std::set<std::string> taken = ours;
  for (int i = 0; i < service.method_count(); ++i) {
    result.methods.push_back(describe(*service.method(i), taken));
  }
  return result;
}

}  // namespace

bool service_model::has_service() const {
  return std::any_of(methods.begin(), methods.end(), [](const method_model& each) { return each.on_loop(); });
}

bool service_model::has_worker() const {
  return std::any_of(methods.begin(), methods.end(),
                     [](const method_model& each) { return !each.on_loop(); });
}

file_model describe(const pb::FileDescriptor& file) {
  file_model result;
  result.proto = file.name();
  result.stem = pb::compiler::cpp::StripProto(result.proto);
  result.name_space = namespace_of(file);
  std::set<std::string> taken = ours;
  for (int i = 0; i < file.service_count(); ++i) {
    result.services.push_back(describe(*file.service(i), taken));
  }
  return result;
}

}  // namespace trireme::plugin
