#pragma once
// The bridge for users who bring Asio objects: build them on `loop.context()`. Their handlers run in the poll
// phase and are followed by ticks and microtasks like every callback. Costs seconds to compile; nothing else
// includes it.

// First: Asio's configuration depends on what the standard library has defined by then.
#include <trireme/core/loop.hpp>

#include <asio/io_context.hpp>
