#!/usr/bin/env python3
"""contracts.py [FILE...]   Every public name has its contract: a `///` above it. Without files: all public headers.

A block of declarations at namespace level begins with a contract, which covers the block; forward declarations,
definitions of members, specialisations of the standard's templates, and what lies in `namespace detail` need none.
"""

import re
import sys

import sources

HEADER = re.compile(r"\w+/include/trireme/(?!.*/detail/).*\.hpp")
OPENS = re.compile(r"(?:inline )?namespace ([\w:]+)? ?\{")
NEEDS_NONE = re.compile(r"///|//|#|\}|template <>|extern|friend|using namespace|struct std::|struct asio::"
                        r"|(?:enum )?(?:class|struct) [\w:]+;|static_assert")


FORWARD = re.compile(r"template <[^<>]*>\s+(?:class|struct) \w+")
DEFINES_MEMBER = re.compile(r"[^=;]*?\b\w+(?:<[\w, .]*>)?::\w+\(")


def blocks(source):
    """(line, first line, namespaces around it) of each block between blank lines at namespace level."""
    around, depth, fresh = [], 0, True
    for number, line in enumerate(source.splitlines(), 1):
        text = line.strip()
        if not text:
            fresh = True
            continue
        opened = OPENS.match(text)
        if opened and depth == 0 and text.endswith("{"):
            around.append(opened.group(1) or "")
            fresh = True
            continue
        if depth == 0 and text.startswith("}") and around:
            around.pop()
            continue
        if depth == 0 and fresh:
            yield number, text, list(around)
        fresh = False
        depth += sum(line.count(each) for each in "({") - sum(line.count(each) for each in ")}")


def check(path, name):
    source = sources.read_text(path) or ""
    lines = source.splitlines()
    for line, text, around in blocks(source):
        hidden = not around or any("detail" in each.split("::") for each in around)
        declaration = re.split(r"[{;]", "\n".join(lines[line - 1:line + 9]))[0]
        if FORWARD.fullmatch(declaration.strip()):
            continue
        if not hidden and not NEEDS_NONE.match(text) and not DEFINES_MEMBER.match(declaration):
            yield name, line, f"no contract: {text}"


def main():
    findings = []
    for path, name in sources.files_to_check(sys.argv[1:]):
        if HEADER.fullmatch(name):
            findings += check(path, name)
    sources.finish(findings, "contracts")


if __name__ == "__main__":
    main()
