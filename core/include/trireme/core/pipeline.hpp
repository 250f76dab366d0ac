#pragma once
#include <concepts>
#include <memory>
#include <trireme/core/completion.hpp>
#include <trireme/core/detail/pipe.hpp>
#include <trireme/core/duplex.hpp>
#include <trireme/core/make_stream.hpp>
#include <trireme/core/promise.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trireme {
namespace detail {

template <class Part>
struct pointed {
  using type = Part;
};
template <class Part>
struct pointed<std::unique_ptr<Part>> {
  using type = Part;
};
/// What a part is, by itself or behind a `unique_ptr`.
template <class Part>
using part_type = typename pointed<std::remove_cvref_t<Part>>::type;

template <class Part, class Base>
concept owned_part = !std::is_lvalue_reference_v<Part> && std::derived_from<part_type<Part>, Base> &&
                     !std::same_as<part_type<Part>, std::remove_cvref_t<Part>>;
template <class Part, class Base>
concept lent_part = std::is_lvalue_reference_v<Part> && std::derived_from<std::remove_cvref_t<Part>, Base>;
template <class Part, class Base>
concept part_of = owned_part<Part, Base> || lent_part<Part, Base>;

template <class Part>
concept source_part = part_of<Part, readable> || part_of<Part, duplex>;
template <class Part>
concept sink_part = part_of<Part, writable> || part_of<Part, duplex>;
template <class Part>
concept transform_part = part_of<Part, transform> || transforming<std::remove_cvref_t<Part>>;

template <class Part>
part_type<Part>& keep_part(pipe_parts& parts, Part&& part) {
  if constexpr (std::is_lvalue_reference_v<Part>) {
    return part;
  } else {
    auto& kept = *part;
    parts.owned.emplace_back(std::move(part));
    return kept;
  }
}
template <source_part Source>
void add_source(pipe_parts& parts, Source&& source) {
  auto& kept = keep_part(parts, std::forward<Source>(source));
  if constexpr (part_of<Source, duplex>) {
    parts.source = &kept.source();
  } else {
    parts.source = &kept;
  }
}
template <sink_part Sink>
void add_part(pipe_parts& parts, Sink&& sink) {
  auto& kept = keep_part(parts, std::forward<Sink>(sink));
  if constexpr (part_of<Sink, duplex>) {
    parts.sink = &kept.sink();
  } else {
    parts.sink = &kept;
  }
}
template <transform_part Transform>
void add_part(pipe_parts& parts, Transform&& stage) {
  if constexpr (part_of<Transform, transform>) {
    parts.transforms.push_back(&keep_part(parts, std::forward<Transform>(stage)));
  } else {
    parts.transforms.push_back(&keep_part(parts, make_transform(std::forward<Transform>(stage))));
  }
}

template <class... Parts>
using last_part = std::tuple_element_t<sizeof...(Parts) - 1, std::tuple<Parts...>>;

template <class Source, class... Parts>
pipe_parts gather_parts(Source&& source, Parts&&... parts) {
  pipe_parts gathered;
  add_source(gathered, std::forward<Source>(source));
  (add_part(gathered, std::forward<Parts>(parts)), ...);
  return gathered;
}
template <class All, std::size_t... Index>
pipe_parts gather_first_parts(All& all, std::index_sequence<Index...>) {
  return gather_parts(std::forward<std::tuple_element_t<Index, All>>(std::get<Index>(all))...);
}

}  // namespace detail

/// Moves everything from a source through transforms to a sink, and ends the sink.
///
///     co_await pipeline(loop, file, compress, socket);
///     pipeline(loop, source, to_upper, sink, [](const error& failure) { ... });
///
/// The parts: a `readable` or `duplex`; any number of `transform`s or functions from chunk to chunk, as
/// `make_transform` takes; a `writable` or `duplex`. Each is lent, an lvalue, or given, a `std::unique_ptr`.
///
/// Back-pressure: a chunk leaves the source when all that became of the one before is with the sink, and the
/// sink holds less than its mark. So what is held, from end to end, stays below the mark of the sink and one
/// chunk. Fairness: at most 64 moves, or a mebibyte, in each turn of the loop; then the others.
///
/// Thread: the loop's. Lifetime: lent parts outlive the promise; where one goes before, that is the error
/// `errc::closed`. What was given is freed before the promise settles.
/// Errors: the first one, of whichever part, destroys every part with itself, once, and is the outcome. A
/// stop of the caller's context counts as one, at once; a source or sink that is destroyed before its end, as
/// `errc::closed`. A stream that is in use already: `std::errc::operation_in_progress`, and nothing is
/// destroyed. Dropping the promise does not stop it.
/// Source:
/// https://nodejs.org/docs/latest-v20.x/api/stream.html#streampipelinesource-transforms-destination-options
template <class Source, class... Parts>
requires(sizeof...(Parts) > 0 && detail::source_part<Source> &&
         detail::sink_part<detail::last_part<Parts&&...>>) promise<void> pipeline(loop& owner,
                                                                                  Source&& source,
                                                                                  Parts&&... parts) {
  return with_promise<void>(owner, [&](completion<void> done) {
    detail::pipe::start(owner,
                        detail::gather_parts(std::forward<Source>(source), std::forward<Parts>(parts)...),
                        std::move(done));
  });
}
template <class Source, class... Parts>
requires(sizeof...(Parts) > 1 && detail::source_part<Source> &&
         !detail::sink_part<detail::last_part<Parts&&...>> &&
         std::is_constructible_v<callback_of<void>, detail::last_part<Parts&&...>>)  //
    void pipeline(loop& owner, Source&& source, Parts&&... parts) {
  auto all = std::forward_as_tuple(std::forward<Source>(source), std::forward<Parts>(parts)...);
  detail::pipe::start(owner, detail::gather_first_parts(all, std::make_index_sequence<sizeof...(Parts)>()),
                      std::get<sizeof...(Parts)>(std::move(all)));
}

}  // namespace trireme
