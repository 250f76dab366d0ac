#!/usr/bin/env python3
"""styles.py [FILE...]   Every asynchronous operation of core comes in three styles. Without files: all headers of core.

A function of a public header that returns a promise must also be there with a `callback_of`, and be named in the
compile-time list of tests/core/three_styles_test.cpp. What works on promises themselves is no operation.
"""

import pathlib
import re
import sys

import sources

LIST = pathlib.Path(__file__).resolve().parents[2] / "tests/core/three_styles_test.cpp"
HEADER = re.compile(r"core/include/trireme/core/(?!detail/|asio/|testing/)(?:\w+/)*(\w+)\.hpp")
ABOUT_PROMISES = {"all", "all_settled", "any", "completion", "map", "promise", "race", "task", "timeout"}
RETURNS_PROMISE = re.compile(r"^[ \t]*(?:(?:inline|static|virtual|\[\[nodiscard\]\])\s+)*promise<[^;={}()]*>\s+(\w+)\(", re.MULTILINE)
TAKES_CALLBACK = r"\bvoid\s+{}\([^;{{]*\bcallback_of<"


def operations(source):
    return {match.group(1): match.start(1) for match in RETURNS_PROMISE.finditer(source)
            if match.group(1) != "as_promise"}


def check(path, name, listed):
    source = sources.read_text(path) or ""
    for operation, place in operations(source).items():
        line = sources.line_of(source, place)
        if not re.search(TAKES_CALLBACK.format(operation), source):
            yield name, line, f"{operation} takes no callback_of: it misses a style"
        if not re.search(rf"\b{operation}\(", listed):
            yield name, line, f"{operation} is not in the list of tests/core/three_styles_test.cpp"


def main():
    listed = LIST.read_text(encoding="utf-8")
    findings = []
    for path, name in sources.files_to_check(sys.argv[1:]):
        header = HEADER.fullmatch(name)
        if header and header.group(1) not in ABOUT_PROMISES:
            findings += check(path, name, listed)
    sources.finish(findings, "styles")


if __name__ == "__main__":
    main()
