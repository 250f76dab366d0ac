#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

namespace trireme::detail::aggregates {

// How many members an aggregate has, and of which types, without a list that somebody writes. `{}`
// initialises one member of any type, but no reference and nothing without a default; `anything` initialises
// those, but takes an array apart. Structured bindings then name the types.

template <class... T>
struct type_list {};

struct anything {
  template <class U>
  operator U() const&&;
  template <class U>
  operator U&() const&;
};
template <std::size_t>
using anything_at = anything;

/// Initialises a base of `T`. Not copied, so that a member of type `std::any` does not take it.
template <class T>
struct anything_below {
  anything_below(const anything_below&) = delete;
  template <class U>
  requires(std::is_base_of_v<U, T> && !std::is_same_v<U, T>) operator U() const;
};

inline constexpr std::size_t most_members = 16;
inline constexpr std::size_t unknown_count = static_cast<std::size_t>(-1);

/// One more than `most_members` where there are too many. Braces do not expand from a pack.
template <class T>
consteval std::size_t count_of_defaults() {
  // clang-format off
  if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; }) return 17;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; }) return 16;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; }) return 15;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; }) return 14;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; }) return 13;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; }) return 12;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; }) return 11;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; }) return 10;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}}; }) return 9;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}}; }) return 8;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}}; }) return 7;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}}; }) return 6;
  else if constexpr (requires { T{{}, {}, {}, {}, {}}; }) return 5;
  else if constexpr (requires { T{{}, {}, {}, {}}; }) return 4;
  else if constexpr (requires { T{{}, {}, {}}; }) return 3;
  else if constexpr (requires { T{{}, {}}; }) return 2;
  else if constexpr (requires { T{{}}; }) return 1;
  else return 0;
  // clang-format on
}

template <class T, std::size_t... I>
consteval bool takes(std::index_sequence<I...>) {
  return requires { T{std::declval<anything_at<I>>()...}; };
}
template <class T, std::size_t Most = most_members + 1>
consteval std::size_t count_of_anything() {
  if constexpr (Most == 0 || takes<T>(std::make_index_sequence<Most>())) {
    return Most;
  } else {
    return count_of_anything<T, Most - 1>();
  }
}

template <class T, std::size_t... I>
consteval bool has_base(std::index_sequence<I...>) {
  return requires { T{std::declval<anything_below<T>>(), std::declval<anything_at<I>>()...}; };
}

/// Whether `{}` takes the place of `Wide` and not fewer that begin at `At`.
template <class T, std::size_t... I, std::size_t... J>
consteval bool fits_around_braces(std::index_sequence<I...>, std::index_sequence<J...>) {
  return requires { T{std::declval<anything_at<I>>()..., {}, std::declval<anything_at<J>>()...}; };
}
template <class T, std::size_t Count, std::size_t At, std::size_t Wide = 1>
consteval bool is_array() {
  if constexpr (At + Wide > Count) {
    return false;
  } else if constexpr (fits_around_braces<T>(std::make_index_sequence<At>(),
                                             std::make_index_sequence<Count - At - Wide>())) {
    return Wide > 1;
  } else {
    return is_array<T, Count, At, Wide + 1>();
  }
}
template <class T, std::size_t... I>
consteval bool has_array(std::index_sequence<I...>) {
  return (is_array<T, sizeof...(I), I>() || ...);
}

/// For an aggregate that has references, or members without a default.
template <class T>
consteval std::size_t count_without_defaults() {
  constexpr std::size_t count = count_of_anything<T>();
  if constexpr (count == 0 || count > most_members) {
    return unknown_count;
  } else if constexpr (has_base<T>(std::make_index_sequence<count - 1>()) ||
                       has_array<T>(std::make_index_sequence<count>())) {
    return unknown_count;
  } else {
    return count;
  }
}

/// `unknown_count` where it has a base, too many members, or an array beside a member that has no default.
template <class T>
consteval std::size_t count_of_members() {
  if constexpr (requires { T{}; }) {
    constexpr std::size_t count = count_of_defaults<T>();
    return count > most_members || has_base<T>(std::index_sequence<>()) ? unknown_count : count;
  } else {
    return count_without_defaults<T>();
  }
}

template <std::size_t Count>
using counted = std::integral_constant<std::size_t, Count>;

// clang-format off
template <class T>
type_list<> list_members(T&, counted<0>);
template <class T>
auto list_members(T& of, counted<1>) { auto& [a] = of; return type_list<decltype(a)>(); }
template <class T>
auto list_members(T& of, counted<2>) { auto& [a, b] = of; return type_list<decltype(a), decltype(b)>(); }
template <class T>
auto list_members(T& of, counted<3>) { auto& [a, b, c] = of; return type_list<decltype(a), decltype(b), decltype(c)>(); }
template <class T>
auto list_members(T& of, counted<4>) { auto& [a, b, c, d] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d)>(); }
template <class T>
auto list_members(T& of, counted<5>) { auto& [a, b, c, d, e] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e)>(); }
template <class T>
auto list_members(T& of, counted<6>) { auto& [a, b, c, d, e, f] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f)>(); }
template <class T>
auto list_members(T& of, counted<7>) { auto& [a, b, c, d, e, f, g] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g)>(); }
template <class T>
auto list_members(T& of, counted<8>) { auto& [a, b, c, d, e, f, g, h] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h)>(); }
template <class T>
auto list_members(T& of, counted<9>) { auto& [a, b, c, d, e, f, g, h, i] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i)>(); }
template <class T>
auto list_members(T& of, counted<10>) { auto& [a, b, c, d, e, f, g, h, i, j] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j)>(); }
template <class T>
auto list_members(T& of, counted<11>) { auto& [a, b, c, d, e, f, g, h, i, j, k] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k)>(); }
template <class T>
auto list_members(T& of, counted<12>) { auto& [a, b, c, d, e, f, g, h, i, j, k, l] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k), decltype(l)>(); }
template <class T>
auto list_members(T& of, counted<13>) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k), decltype(l), decltype(m)>(); }
template <class T>
auto list_members(T& of, counted<14>) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k), decltype(l), decltype(m), decltype(n)>(); }
template <class T>
auto list_members(T& of, counted<15>) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k), decltype(l), decltype(m), decltype(n), decltype(o)>(); }
template <class T>
auto list_members(T& of, counted<16>) { auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = of; return type_list<decltype(a), decltype(b), decltype(c), decltype(d), decltype(e), decltype(f), decltype(g), decltype(h), decltype(i), decltype(j), decltype(k), decltype(l), decltype(m), decltype(n), decltype(o), decltype(p)>(); }
// clang-format on

/// The types of the members of an aggregate, as declared; none where they cannot be counted.
template <class T>
consteval auto members_of() {
  if constexpr (count_of_members<T>() == unknown_count) {
    return type_list<>();
  } else {
    return decltype(list_members(std::declval<T&>(), counted<count_of_members<T>()>()))();
  }
}

}  // namespace trireme::detail::aggregates
