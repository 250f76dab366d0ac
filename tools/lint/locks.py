#!/usr/bin/env python3
"""locks.py [FILE...]   No locks in core and actors, but for a short list. Without files: the whole tree.

Whoever posts to a loop, worker, actor or pool must not wait for whoever reads. So nothing on the way of a message may
hold a lock: what does is named here, with what it guards.
"""

import re
import sys

import sources

HOLDERS = {
    "actors/src/post_office.cpp": "offices of systems that have gone, for the next system",
    "core/src/blocking_pool.cpp": "start and end of its threads, and slow file work that waits its turn",
    "core/src/dns.cpp": "which loop has which cache of names; once a look-up",
    "core/src/error.cpp": "the texts of bare codes, for `what`",
    "core/src/reactor_direct.hpp": "Asio's own queue, which only the loop's thread enters",
    "core/src/signal_watcher.cpp": "who has claimed which signal",
    "core/src/this_loop.cpp": "the list of loops; when one comes or goes",
}
WATCHED = ("core/include/", "core/src/", "actors/include/", "actors/src/")

INCLUDE = re.compile(
    r"^[ \t]*#[ \t]*include[ \t]*<(mutex|shared_mutex|condition_variable|semaphore|latch|barrier)>", re.MULTILINE
)
LOCK = re.compile(
    r"""\bstd\s*::\s*(?:(?:recursive_|timed_|recursive_timed_|shared_|shared_timed_)?mutex
          | condition_variable(?:_any)? | lock_guard | unique_lock | scoped_lock | shared_lock
          | counting_semaphore | binary_semaphore | latch | barrier | call_once)\b
      | \bpthread_(?:mutex|cond|rwlock|spin)_\w+ | \bconditionally_enabled_mutex\b""",
    re.VERBOSE,
)


def locks(source):
    """(position, what) of each."""
    for match in INCLUDE.finditer(source):
        yield match.start(), f"<{match.group(1)}>"
    for match in LOCK.finditer(sources.code_only(source)):
        yield match.start(), match.group(0)


def check(path, name):
    source = sources.read_text(path) or ""
    found = list(locks(source))
    if name in HOLDERS:
        if not found:
            yield name, 1, "holds no lock any more: take it from the list in tools/lint/locks.py"
        return
    for position, what in found:
        line = sources.line_of(source, position)
        if not sources.is_allowed(source, line, "locks"):
            yield name, line, f"{what}: who posts must not wait; if no message comes by here, tools/lint/locks.py lists why"


def main():
    findings = []
    for path, name in sources.files_to_check(sys.argv[1:]):
        if sources.is_cpp(name) and name.startswith(WATCHED):
            findings += check(path, name)
    sources.finish(findings, "locks")


if __name__ == "__main__":
    main()
