"""What the lints share: the list of files, C++ without its comments and texts, and how a finding is said."""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]

# A line, or the line above it, may carry `lint:allow(RULE) because ...` where the rule does not fit.
ALLOWANCE = re.compile(r"lint:allow\((\w+)\)\s+\S")

# One comment, text or character, whichever begins first. C++ raw texts end at their own delimiter.
TOKEN = re.compile(
    r"""//(?:[^\n\\]|\\.|\\\n)*
      | /\*.*?\*/
      | (?:\b(?:u8|[uUL]))?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"
      | (?:\b(?:u8|[uUL]))?"(?:[^"\\\n]|\\.)*"
      | (?<![0-9A-Fa-f])'(?:[^'\\\n]|\\.)+'
    """,
    re.VERBOSE | re.DOTALL,
)

DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE)


def tracked_files():
    """Every file that is committed or about to be, relative to the top of the tree."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TOP, check=True, capture_output=True, text=True,
    ).stdout
    names = sorted(set(name for name in listing.split("\0") if name))
    return [name for name in names if (TOP / name).is_file()]


def files_to_check(arguments):
    """The files that the command line names, or the whole tree: pairs of a path to open and a name in the tree."""
    if arguments:
        return [(pathlib.Path(argument), argument) for argument in arguments]
    return [(TOP / name, name) for name in tracked_files()]


def is_cpp(name):
    return name.endswith((".cpp", ".hpp", ".cc", ".h"))


def read_text(path):
    """The file's text, or None where it is not text."""
    data = path.read_bytes()
    if b"\0" in data:
        return None
    return data.decode("utf-8", errors="replace")


def without_texts_and_comments(source):
    """The same source with comments blank and texts empty, each character and line where it was."""

    def blank(match):
        token = match.group(0)
        hollow = re.sub(r"[^\n]", " ", token)
        if token.startswith("/"):
            return hollow
        return '"' + hollow[1:-1] + '"' if len(token) > 1 and "\n" not in token else hollow

    return TOKEN.sub(blank, source)


def code_only(source):
    """As above, and without the preprocessor's directives."""
    return DIRECTIVE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), without_texts_and_comments(source))


def line_of(source, position):
    return source.count("\n", 0, position) + 1


def is_allowed(source, line, rule):
    lines = source.split("\n")
    near = lines[max(0, line - 2):line]
    return any(match.group(1) == rule for text in near for match in [ALLOWANCE.search(text)] if match)


def finish(findings, rule):
    """Prints the findings, one a line, and exits with 1 when there are any."""
    for name, line, message in sorted(set(findings)):
        print(f"{name}:{line}: {message} [{rule}]")
    sys.exit(1 if findings else 0)
