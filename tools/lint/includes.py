#!/usr/bin/env python3
"""includes.py [FILE...]   Who may include Asio and the lock-free queue. Without files: the whole tree.

A file that includes Asio costs seconds to compile, so it stays out of headers that others include; `actors` does
without it; and the queue has one user, the job queue in core.
"""

import re
import sys

import sources

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"]+)[>\"]", re.MULTILINE)
# For users who bring Asio objects, in parts.
ASIO_BRIDGE = re.compile(r"core/include/trireme/core/(asio\.hpp|asio/\w+\.hpp|detail/asio_\w+\.hpp)")


def complaint(name, header):
    if header == "asio.hpp":
        return "<asio.hpp> is all of Asio: include its single headers"
    if header.startswith("asio/"):
        if name.startswith("actors/"):
            return f"<{header}>: actors knows nothing of Asio"
        private = name.startswith("core/src/") or ASIO_BRIDGE.fullmatch(name)
        if not name.endswith((".cpp", ".cc")) and not private:
            return f"<{header}>: Asio belongs into .cpp files, headers under core/src, and the bridge, core/asio.hpp"
    if re.search(r"\b(blocking)?concurrentqueue\.h$|moodycamel", header):
        if not name.startswith(("core/src/", "core/include/trireme/core/detail/", "tests/bench/")):
            return f"<{header}>: only the job queue in core includes the lock-free queue"
    return None


def check(path, name):
    source = sources.read_text(path)
    for match in INCLUDE.finditer(source or ""):
        line = sources.line_of(source, match.start(1))
        message = complaint(name, match.group(1))
        if message and not sources.is_allowed(source, line, "includes"):
            yield name, line, message


def main():
    findings = []
    for path, name in sources.files_to_check(sys.argv[1:]):
        if sources.is_cpp(name):
            findings += check(path, name)
    sources.finish(findings, "includes")


if __name__ == "__main__":
    main()
