#pragma once
#include <iosfwd>
#include <trireme/core/fwd.hpp>

namespace trireme {

/// Prints the tasks that live on a loop, a line each, as a tree: below each task those it awaits, and those
/// it called which nobody awaits. A line has the task's number, its function, where it is suspended, and its
/// context's trace where it has one:
///
///     #3 app::serve at server.cpp:41
///       #7 app::fetch at client.cpp:12 [call 7]
///     #8 app::start::<lambda> is running
///     #9 app::count has ended
///
/// Thread: the loop's. Cost: reads what tasks keep anyway; the time grows with their number. Functions are as
/// the compiler names them, without parameters. A task whose caller has gone stands at the top.
void dump_tasks(loop& owner, std::ostream& out);

}  // namespace trireme
