#include "names.hpp"

#include <google/protobuf/compiler/cpp/names.h>

#include <algorithm>
#include <array>

namespace trireme::plugin {
namespace {

namespace cpp = google::protobuf::compiler::cpp;

// In ASCII order. The alternative tokens and the macros that <cassert> and <cstddef> define count as well.
constexpr auto keywords = std::to_array<std::string_view>({"NULL",
                                                           "alignas",
                                                           "alignof",
                                                           "and",
                                                           "and_eq",
                                                           "asm",
                                                           "assert",
                                                           "auto",
                                                           "bitand",
                                                           "bitor",
                                                           "bool",
                                                           "break",
                                                           "case",
                                                           "catch",
                                                           "char",
                                                           "char16_t",
                                                           "char32_t",
                                                           "char8_t",
                                                           "class",
                                                           "co_await",
                                                           "co_return",
                                                           "co_yield",
                                                           "compl",
                                                           "concept",
                                                           "const",
                                                           "const_cast",
                                                           "consteval",
                                                           "constexpr",
                                                           "constinit",
                                                           "continue",
                                                           "decltype",
                                                           "default",
                                                           "delete",
                                                           "do",
                                                           "double",
                                                           "dynamic_cast",
                                                           "else",
                                                           "enum",
                                                           "explicit",
                                                           "export",
                                                           "extern",
                                                           "false",
                                                           "float",
                                                           "for",
                                                           "friend",
                                                           "goto",
                                                           "if",
                                                           "inline",
                                                           "int",
                                                           "long",
                                                           "mutable",
                                                           "namespace",
                                                           "new",
                                                           "noexcept",
                                                           "not",
                                                           "not_eq",
                                                           "nullptr",
                                                           "operator",
                                                           "or",
                                                           "or_eq",
                                                           "private",
                                                           "protected",
                                                           "public",
                                                           "register",
                                                           "reinterpret_cast",
                                                           "requires",
                                                           "return",
                                                           "short",
                                                           "signed",
                                                           "sizeof",
                                                           "static",
                                                           "static_assert",
                                                           "static_cast",
                                                           "struct",
                                                           "switch",
                                                           "template",
                                                           "this",
                                                           "thread_local",
                                                           "throw",
                                                           "true",
                                                           "try",
                                                           "typedef",
                                                           "typeid",
                                                           "typename",
                                                           "union",
                                                           "unsigned",
                                                           "using",
                                                           "virtual",
                                                           "void",
                                                           "volatile",
                                                           "wchar_t",
                                                           "while",
                                                           "xor",
                                                           "xor_eq"});

bool declared_by_a_service(const std::string& name, const google::protobuf::FileDescriptor& file) {
  for (int i = 0; i < file.service_count(); ++i) {
    const auto& service = *file.service(i);
    if (identifier(service.name()) == name) return true;
    for (int j = 0; j < service.method_count(); ++j) {
      if (identifier(service.method(j)->name()) == name) return true;
    }
  }
  return false;
}

}  // namespace

std::string identifier(std::string_view name) {
  std::string result{name};
  if (std::binary_search(keywords.begin(), keywords.end(), name)) result += '_';
  return result;
}

std::string unused_identifier(std::string_view name, std::set<std::string>& taken) {
  std::string result = identifier(name);
  while (!taken.insert(result).second) result += '_';
  return result;
}

std::string namespace_of(const google::protobuf::FileDescriptor& file) {
  const std::string package{file.package()};
  std::string result;
  for (std::size_t begin = 0; begin < package.size();) {
    const std::size_t end = std::min(package.find('.', begin), package.size());
    if (!result.empty()) result += "::";
    result += identifier(std::string_view{package}.substr(begin, end - begin));
    begin = end + 1;
  }
  return result;
}

std::string class_of(const google::protobuf::Descriptor& message,
                     const google::protobuf::FileDescriptor& from) {
  const std::string bare{cpp::ClassName(&message)};
  const bool near = std::string_view{message.file()->package()} == std::string_view{from.package()};
  const bool like_ours = bare.front() < 'A' || bare.front() > 'Z';  // our own names all begin in lower case
  if (near && !like_ours && !declared_by_a_service(bare, from)) return bare;
  return std::string{cpp::QualifiedClassName(&message)};
}

}  // namespace trireme::plugin
