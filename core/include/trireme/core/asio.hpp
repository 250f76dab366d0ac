#pragma once
// The bridge for users who bring Asio objects: build them on `loop.context()` or on `executor_of(loop)`.
// Their handlers run in the poll phase and are followed by ticks and microtasks like every callback.
// `use_task` and `use_promise` are completion tokens. Costs seconds to compile; nothing else includes it.
//
// Under a virtual clock Asio's own timers take real time. While one of them, a resolver or another thread's
// post is all that is waited for, the loop waits for it in real time (30 s, then `errc::would_hang`); where a
// timer of the loop is armed as well, that comes first unless a `pending_work` holds the clock.

#include <trireme/core/asio/bind_context.hpp>
#include <trireme/core/asio/executor.hpp>
#include <trireme/core/asio/use_promise.hpp>
#include <trireme/core/asio/use_task.hpp>
