#include "program.hpp"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace conformance {

namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

Value read_json(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  Value value;
  const auto status = google::protobuf::util::JsonStringToMessage(text.str(), &value);
  if (!in || !status.ok()) throw std::runtime_error(file.string() + ": " + status.ToString());
  return value;
}

const Value* find(const Struct& object, const std::string& key) {
  const auto found = object.fields().find(key);
  return found == object.fields().end() ? nullptr : &found->second;
}
std::string text_of(const Struct& object, const std::string& key) {
  const Value* const value = find(object, key);
  return value ? value->string_value() : std::string();
}

operations read_operations(const Value& list);

/// Keys that belong to an operation and are not what it does.
bool is_detail(const std::string& key, const Struct& object) {
  static const std::set<std::string> details{"as", "with",  "to",      "return", "return_promise",
                                             "do", "times", "thenable"};
  // `catch` is an operation where nothing else is, and a detail beside `then` and `try`.
  return details.count(key) > 0 || (key == "catch" && (find(object, "then") || find(object, "try")));
}

void read_main_key(operation& made, const Value& value) {
  switch (value.kind_case()) {
    case Value::kStringValue:
      made.target = value.string_value();
      break;
    case Value::kNumberValue:
      made.number = value.number_value();
      break;
    case Value::kListValue:
      for (const Value& item : value.list_value().values()) {
        if (item.kind_case() == Value::kStringValue) made.names.push_back(item.string_value());
      }
      made.body = read_operations(value);
      break;
    case Value::kStructValue:  // what is awaited: an async function, or a value
      made.with = text_of(value.struct_value(), "value");
      if (find(value.struct_value(), "async")) {
        Value function;
        *function.mutable_list_value()->add_values() = value;
        made.body = read_operations(function);
      }
      break;
    default:
      throw std::runtime_error("not an operation: " + value.DebugString());
  }
}

operation read_operation(const Value& value) {
  operation made;
  if (value.kind_case() == Value::kStringValue) {
    made.kind = "log";
    made.target = value.string_value();
    return made;
  }
  const Struct& object = value.struct_value();
  for (const auto& [key, main] : object.fields()) {
    if (is_detail(key, object)) continue;
    made.kind = key;
    read_main_key(made, main);
  }
  made.as = text_of(object, "as");
  if (find(object, "with")) made.with = text_of(object, "with");
  made.to = text_of(object, "to");
  made.returned = text_of(object, "return");
  made.returned_promise = text_of(object, "return_promise");
  if (const Value* times = find(object, "times")) made.times = static_cast<int>(times->number_value());
  for (const char* const key : {"do", "thenable"}) {
    if (const Value* body = find(object, key)) {
      made.body = read_operations(*body);
      made.has_body = true;
    }
  }
  if (const Value* rescue = find(object, "catch"); rescue && made.kind != "catch") {
    made.rescue = read_operations(*rescue);
    made.has_rescue = true;
  }
  return made;
}

operations read_operations(const Value& list) {
  operations made;
  for (const Value& item : list.list_value().values()) made.push_back(read_operation(item));
  return made;
}

bool flag(const Struct& object, const std::string& key) {
  const Value* const value = find(object, key);
  return value && value->bool_value();
}

program read_program(const Struct& object) {
  program made;
  made.name = text_of(object, "name");
  if (const Value* steps = find(object, "do")) made.steps = read_operations(*steps);
  if (const Value* handler = find(object, "uncaught")) {
    made.uncaught = read_operations(*handler);
    made.has_uncaught = true;
  }
  if (const Value* calls = find(object, "before_exit")) {
    for (const Value& call : calls->list_value().values()) made.before_exit.push_back(read_operations(call));
  }
  made.alone = flag(object, "alone");
  made.clamped = flag(object, "clamped");
  made.differs = text_of(object, "differs");
  made.not_expressible = text_of(object, "not_expressible");
  return made;
}

}  // namespace

std::vector<program> read_programs(const std::filesystem::path& file) {
  const Value value = read_json(file);
  std::vector<program> made;
  for (const Value& item : value.list_value().values()) made.push_back(read_program(item.struct_value()));
  return made;
}

observed read_observed(const std::filesystem::path& file) {
  const Value value = read_json(file);
  observed made;
  made.node = text_of(value.struct_value(), "node");
  const Value* const orders = find(value.struct_value(), "orders");
  if (!orders) throw std::runtime_error(file.string() + ": no orders");
  for (const auto& [name, seen] : orders->struct_value().fields()) {
    for (const Value& order : seen.list_value().values()) made.orders[name].push_back(order.string_value());
  }
  return made;
}

}  // namespace conformance
