#!/usr/bin/env python3
"""texts.py [FILE...]   No paths of somebody's machine, no addresses in lock files, no sleeps in tests."""

import re
import sys

import sources

MACHINE_PATH = re.compile(r"(?<![\w.~*}$)\]/-])/(?:home|root|work|farm)(?![\w-])")
LOCK_ADDRESS = re.compile(r'"resolved"\s*:\s*"https?:')
SLEEP = re.compile(r"\bthis_thread\s*::\s*sleep_\w+|\b(?:usleep|nanosleep)\b")


def complaints(name, source):
    for match in MACHINE_PATH.finditer(source):
        yield match.start(), f"{match.group(0)}: a path of one machine"
    if name.endswith("package-lock.json"):
        for match in LOCK_ADDRESS.finditer(source):
            yield match.start(), "an address in a lock file: make it with omit-lockfile-registry-resolved"
    if name.startswith("tests/") and sources.is_cpp(name):
        for match in SLEEP.finditer(sources.without_texts_and_comments(source)):
            yield match.start(), f"{match.group(0)}: tests wait for what happens, or turn a virtual clock"


def check(path, name):
    source = sources.read_text(path)
    for position, message in complaints(name, source or ""):
        line = sources.line_of(source, position)
        if not sources.is_allowed(source, line, "texts"):
            yield name, line, message


def main():
    findings = []
    for path, name in sources.files_to_check(sys.argv[1:]):
        findings += check(path, name)
    sources.finish(findings, "texts")


if __name__ == "__main__":
    main()
