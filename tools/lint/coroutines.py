#!/usr/bin/env python3
"""coroutines.py [FILE...]   Shapes that g++ 12 destroys twice inside a co_await expression. Without files: the whole tree.

In the full expression around a `co_await`, g++ 12 runs the destructor twice of a temporary lambda whose captures have
one, and of a temporary aggregate's members. So there is no lambda there that captures anything but references and
`this`, no `f({...})`, nor `f({})`, no `{.member = ...}`, and no `name{...}` or `name(value)` where the tree defines `name`
as an aggregate that owns something, nor `std::array<...>{...}` of what does. `name()` is fine, and so is an aggregate that
a function returns. The cure is two statements: `auto job = f(...); co_await job;`.

In a coroutine without locals, a `co_await` that is the condition of an `if`, `while`, `switch` or `for` shifts the frame
by eight bytes, and its handle is wrong. There the cure is a name: `const bool more = co_await ...;`.
"""

import re
import sys

import aggregates
import sources

LAMBDA = "a lambda with captures in a co_await expression: g++ 12 destroys them twice; make it a statement of its own"
BRACES = "an aggregate temporary in a co_await expression: g++ 12 destroys it twice; make it a statement of its own"

CONDITION = "co_await as a condition: g++ 12 may lay out the frame wrongly; give the value a name first"

TOKEN = re.compile(r"\w+|\"[^\"\n]*\"|'[^'\n]*'|->|::|&&|[=!<>]=|\S")
CONTROL = {"if", "while", "switch", "for"}
BLOCK_HEADS = {"else", "do", "try", "const", "noexcept", "mutable", "override", "final", ")", "}", ":"}
TYPE_HEADS = {"struct", "class", "union", "enum", "namespace", "extern"}
VALUE_HEADS = {"return", "co_return", "co_await", "co_yield", "case", "throw", "else", "do"}
AFTER_CAPTURES = {"(", "{", "<", "mutable", "noexcept", "constexpr", "->"}


class expression:
    """A full expression while it is read: what has been seen of it outside the bodies of its lambdas."""

    def __init__(self):
        self.tokens = []  # those outside every bracket
        self.awaits = False
        self.suspects = []

    def is_declaration_of_a_type(self):
        return bool(TYPE_HEADS & set(self.tokens[:6])) and "=" not in self.tokens and "(" not in self.tokens

    def has_trailing_return(self):
        return "->" in self.tokens and "=" not in self.tokens and self.tokens[0] not in VALUE_HEADS


class reader:
    """Reads a source once, statement by statement; `found` holds what it objects to."""

    def __init__(self, code, aggregate_names):
        matches = list(TOKEN.finditer(code))
        self.tokens = [match.group(0) for match in matches]
        self.starts = [match.start() for match in matches]
        self.aggregate_names = aggregate_names
        self.at = 0
        self.found = []

    def token(self, offset=0):
        index = self.at + offset
        return self.tokens[index] if 0 <= index < len(self.tokens) else ""

    def read_file(self):
        while self.at < len(self.tokens):
            self.read_block()

    def read_block(self):
        """Reads statements up to the `}` that ends the block, and past it."""
        while self.at < len(self.tokens) and self.token() != "}":
            self.read_statement()
        self.at += 1

    def read_statement(self):
        whole = expression()
        while self.token() not in ("", ";", "}"):
            if self.token() in CONTROL or self.token() in ("else", "do"):
                self.settle(whole)
                whole = expression()
                self.read_control()
            elif self.token() == "{" and self.is_block(whole):
                self.at += 1
                self.settle(whole)
                self.read_block()
                return
            else:
                self.read_piece(whole, outermost=True)
        self.settle(whole)
        if self.token() == ";":
            self.at += 1

    def read_control(self):
        """`if (...)` and its like: each part between the parentheses is an expression of its own."""
        self.at += 1
        if self.token() == "constexpr":
            self.at += 1
        if self.token() != "(":
            return
        self.at += 1
        part = expression()
        while self.token() not in ("", ")"):
            if self.token() == ";":
                self.settle(part)
                part = expression()
                self.at += 1
            else:
                self.read_piece(part, outermost=False)
        self.settle(part)
        self.at += 1

    def is_block(self, whole):
        previous = whole.tokens[-1] if whole.tokens else ""
        return (previous == "" or previous in BLOCK_HEADS or whole.is_declaration_of_a_type()
                or whole.has_trailing_return())

    def read_piece(self, whole, outermost):
        """Reads one token, or a bracket with all that is in it."""
        token = self.token()
        if token == "[" and self.token(1) == "[":
            self.read_bracket(expression(), "]")
        elif token == "[" and self.is_introducer():
            self.read_lambda(whole)
        elif token in "([":
            if token == "(" and self.is_aggregate_of_values():
                whole.suspects.append((self.starts[self.at], BRACES))
            if outermost:
                whole.tokens.append(token)
            self.read_bracket(whole, ")" if token == "(" else "]")
            token = ")" if token == "(" else "]"
        elif token == "{":
            if self.is_suspect_value():
                whole.suspects.append((self.starts[self.at], BRACES))
            self.read_bracket(whole, "}")
            token = "}"
        else:
            if token == "co_await" and self.token(-1) != "operator":
                whole.awaits = True
            self.at += 1
        if outermost:
            whole.tokens.append(token)

    def read_bracket(self, whole, closer):
        self.at += 1
        while self.token() not in ("", closer):
            if self.token() in (")", "]", "}"):
                return  # a macro has upset the balance
            if self.token() == ";":
                self.at += 1
            else:
                self.read_piece(whole, outermost=False)
        self.at += 1

    def is_introducer(self):
        """Does this `[` begin a lambda, rather than a subscript or a structured binding?"""
        previous = self.token(-1)
        if previous in (")", "]") or previous.startswith('"') or previous == "operator":
            return False
        if re.match(r"\w", previous) and previous not in VALUE_HEADS:
            return False
        return self.tokens[min(self.closer_of(self.at) + 1, len(self.tokens) - 1)] in AFTER_CAPTURES

    def closer_of(self, at):
        depth = 0
        for index in range(at, len(self.tokens)):
            depth += self.tokens[index] in ("(", "[", "{")
            depth -= self.tokens[index] in (")", "]", "}")
            if depth == 0:
                return index
        return len(self.tokens) - 1

    def read_lambda(self, whole):
        begin, end = self.at, self.closer_of(self.at)
        if keeps_something(self.tokens[begin + 1:end]):
            whole.suspects.append((self.starts[begin], LAMBDA))
        self.at = end + 1
        while self.token() not in ("", "{", ";", ")", "}"):
            self.at = self.closer_of(self.at) + 1 if self.token() in ("(", "[") else self.at + 1
        if self.token() == "{":
            self.at += 1
            self.read_block()

    def is_suspect_value(self):
        """Is the value that begins at this `{` an aggregate, as far as a reader can tell?"""
        if self.token(1) == ".":
            return True
        if self.token(-1) in ("(", ","):
            return True
        if self.token(-1) in ("{", "?", "co_return", "co_yield", "co_await"):
            return self.token(1) != "}"
        if self.token(-1) == ">":
            return self.is_aggregate_template()
        return self.token(-1) in self.aggregate_names

    def is_aggregate_of_values(self):
        """Does this `(` begin the values of an aggregate, which C++20 takes in parentheses too?"""
        return (self.token(-1) in self.aggregate_names and self.token(1) != ")"
                and self.token(-2) not in (".", "->"))

    def is_aggregate_template(self):
        """Is `name<...>`, which ends before this token, an aggregate that owns something?"""
        begin, depth = self.at - 1, 1
        while begin > 0 and depth > 0:
            begin -= 1
            depth += (self.tokens[begin] == ">") - (self.tokens[begin] == "<")
        name, arguments = self.tokens[begin - 1], self.tokens[begin + 1:self.at - 1]
        if name != "array":
            return name in self.aggregate_names
        element = arguments[:len(arguments) - arguments[::-1].index(",") - 1] if "," in arguments else arguments
        return aggregates.owns_something(" ".join(element).replace(" :: ", "::") + " element")

    def find_conditions(self):
        for at, token in enumerate(self.tokens):
            if token not in CONTROL or self.tokens[at + 1:at + 2] != ["("]:
                continue
            condition = self.tokens[at + 2:self.closer_of(at + 1)]
            if token == "for":  # what stands first in it would be a local
                condition = condition[1:condition.index(";", 1)] if condition[:1] == [";"] else []
            if "co_await" in condition and "=" not in condition[:condition.index("co_await")]:
                self.found.append((self.starts[at], CONDITION))

    def settle(self, whole):
        if whole.awaits:
            self.found += whole.suspects


def keeps_something(captures):
    """Does a capture list hold more than references and `this`?"""
    depth, begins = 0, True
    for token in captures:
        if begins and token not in ("&", "this"):
            return True
        begins = token == "," and depth == 0
        depth += token in ("(", "[", "{")
        depth -= token in (")", "]", "}")
    return False


def check(path, name, aggregate_names):
    source = sources.read_text(path)
    if not source or "co_await" not in source:
        return
    found = reader(sources.code_only(source), aggregate_names)
    found.read_file()
    found.find_conditions()
    for position, message in found.found:
        line = sources.line_of(source, position)
        if not sources.is_allowed(source, line, "coroutines"):
            yield name, line, message


def main():
    named = sys.argv[1:]
    files = [(path, name) for path, name in sources.files_to_check(named) if named or sources.is_cpp(name)]
    names = set()
    for path, _ in files:
        names.update(aggregates.names_in(sources.read_text(path) or ""))
    findings = []
    for path, name in files:
        findings += check(path, name, names)
    sources.finish(findings, "coroutines")


if __name__ == "__main__":
    main()
