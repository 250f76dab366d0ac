#pragma once
#include <trireme/chat/v1/chat.pb.h>
#include <string>

namespace trireme::testing {

inline std::string words(const trireme::chat::v1::Said& said) {
  return std::to_string(said.id()) + " " + said.name() + ": " + said.text();
}

/// "welcome ann, here ann bob, said [1 ann: hi]", "2 bob: yo", "bob came", "bob left".
inline std::string words(const trireme::chat::v1::Event& event) {
  if (event.has_said()) return words(event.said());
  if (event.has_joined()) return event.joined().name() + " came";
  if (event.has_left()) return event.left().name() + " left";
  if (!event.has_welcome()) return "nothing";
  std::string all = "welcome " + event.welcome().self().name() + ", here";
  for (const auto& each : event.welcome().members()) all += " " + each.name();
  all += ", said [";
  for (const auto& each : event.welcome().history()) all += (all.back() == '[' ? "" : ", ") + words(each);
  return all + "]";
}

}  // namespace trireme::testing
