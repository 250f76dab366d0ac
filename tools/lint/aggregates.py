"""Which structs of a source are aggregates that own something: no constructor, and a member that may have a destructor."""

import re

import sources

STRUCT = re.compile(r"\bstruct\s+(?:\[\[[^\]]*\]\]\s*)?(\w+)\s*(?:final\s*)?\{")
CLOSED = r"\bprivate\s*:|\bprotected\s*:|\bvirtual\b|\bpromise_type\b"
NOT_A_MEMBER = re.compile(r"(?:static|using|friend|typedef|struct|class|enum|union|template)\b|.*\boperator\b", re.DOTALL)
OWNS_NOTHING = re.compile(
    r"(?:const\s+)?(?:(?:std::)?(?:bool|char|int|unsigned|signed|long|short|float|double|s?size_t|u?int(?:8|16|32|64|ptr)_t|"
    r"uintptr_t|ptrdiff_t|string_view|byte|error_code|thread::id|coroutine_handle(?:<[^;]*>)?|span<[^;]*>|chrono::[\w:]+)"
    r"|[\w:]*\b(?:time_point|duration))\s+\w+|[^;=]*[*&]\s*\w+", re.DOTALL)


def names_in(source):
    code = sources.code_only(source)
    for match in STRUCT.finditer(code):
        members = outermost(code, match.end())
        constructor = rf"(?<![~\w]){match.group(1)}\s*\("
        if not re.search(f"{constructor}|{CLOSED}", members) and any(map(owns_something, members.split(";"))):
            yield match.group(1)


def outermost(code, begin):
    """What stands between the brace before `begin` and its partner, without what is inside further braces."""
    depth, kept = 1, []
    for mark in code[begin:]:
        depth += (mark == "{") - (mark == "}")
        if depth == 0:
            break
        if depth == 1:
            kept.append(";" if mark == "}" else mark)
    return "".join(kept)


def owns_something(member):
    member = re.sub(r"\[\[[^\]]*\]\]|\b(?:public\s*:|mutable\b|constexpr\b)", "", member).strip()
    declared = member.split("=")[0]
    if not member or NOT_A_MEMBER.match(member) or not re.match(r"[\w:]+(?:<.*>)?\s+\w+\s*$", declared.strip(), re.DOTALL):
        return False
    return not OWNS_NOTHING.match(declared)
