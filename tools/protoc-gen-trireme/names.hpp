#pragma once
#include <google/protobuf/descriptor.h>

#include <set>
#include <string>
#include <string_view>

namespace trireme::plugin {

/// `name`, with a trailing underscore where it is a keyword of C++, as protoc does it.
std::string identifier(std::string_view name);

/// `name` as an identifier that is not in `taken`: underscores are appended until it is free. Takes it.
std::string unused_identifier(std::string_view name, std::set<std::string>& taken);

/// "a::b" for the package "a.b"; empty without a package.
std::string namespace_of(const google::protobuf::FileDescriptor& file);

/// How code in the namespace of `from` names the class of `message`: the bare class name where that cannot be
/// mistaken for anything the generated classes declare, otherwise the full one.
std::string class_of(const google::protobuf::Descriptor& message,
                     const google::protobuf::FileDescriptor& from);

}  // namespace trireme::plugin
