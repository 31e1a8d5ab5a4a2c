#!/usr/bin/env python3
"""Holds the tree to its agreed shape: sizes, which room may include which, coroutine rules, words, formatting.

    tests/style/check.py [--no-format]

Prints one line per fault (`file:line: what`) and per near miss, then "N passed, N failed", one check per rule and file.
What the rules are for is told in CONTRIBUTING.md; clang-tidy (.clang-tidy) holds what needs a parser.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# From the lowest room to the highest: a room may include only itself and what its CMake link list gives it, and that
# list may name only lower rooms.
ROOMS = [
    "base",
    "net",
    "wire",
    "store",
    "flow",
    "patterns",
    "policy",
    "sandbox",
    "environments",
    "targets",
    "sources",
    "authorization",
    "actions",
    "services",
    "gateway",
    "server",
    "cli",
]

MAX_SOURCE, MAX_HEADER, MAX_FUNCTION = 600, 300, 60
NEAR_SOURCE, NEAR_HEADER, NEAR_FUNCTION = 400, 200, 40
CPP = (".cc", ".h")
TEXT = {".cc", ".h", ".py", ".mjs", ".js", ".md", ".cmake", ".txt", ".sh", ".toml", ".json", ".yaml", ""}
# Files that must spell what the word rules forbid.
SPELLS_RULES = {"tests/style/check.py", "tests/style/check_test.py", "CONTRIBUTING.md"}


class Report:
    """Collects what was checked, what failed and what came close."""

    def __init__(self):
        self.checks, self.faults, self.near = 0, [], []

    def check(self, path, faults, near=()):
        self.checks += 1
        self.faults += [f"{path}:{line}: {text}" for line, text in faults]
        self.near += [f"{path}:{line}: {text}" for line, text in near]


# ---- Reading C++ ----------------------------------------------------------------------------------------------------

LITERALS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<raw>[^()\\\s]*)\(.*?\)(?P=raw)"|"(?:[^"\\\n]|\\.)*"|'
    r"(?<![0-9A-Fa-f])'(?:[^'\\\n]|\\.)+'",
    re.DOTALL,
)


def without_literals(text):
    """The code with comments and literals blanked out, every line and column kept."""
    return LITERALS.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def end_of_block(code, opening):
    """The position of the brace that closes the one at `opening`."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, opening):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    return len(code)


NOT_A_FUNCTION = re.compile(r"\b(namespace|class|struct|enum|union|extern)\b[^;{}()]*$|[=,(\[]\s*$")
HEAD = re.compile(r"\)[^;{}]*$|\)\s*(const|noexcept|override|final)[^;{}]*$")


def functions(code):
    """(first line, lines) of each function at namespace or class level. Lambdas belong to the function around them."""
    position, start = 0, 0
    while (match := re.compile(r"[{};]").search(code, position)) is not None:
        if match[0] == "{":
            head = code[start : match.start()]
            if HEAD.search(head) and not NOT_A_FUNCTION.search(head):
                end = end_of_block(code, match.start())
                first = start + len(head) - len(head.lstrip())
                yield line_of(code, first), line_of(code, end) - line_of(code, first) + 1
                position = end + 1
                start = position
                continue
            if "=" in head.split("\n")[-1] or re.search(r"[\w>]\s*$", head) and not NOT_A_FUNCTION.search(head):
                position = end_of_block(code, match.start()) + 1  # an initialiser
                start = position
                continue
        position = match.end()
        start = position


# ---- The rules ------------------------------------------------------------------------------------------------------


def check_size(path, text, report):
    lines = text.count("\n")
    most, near = (MAX_HEADER, NEAR_HEADER) if path.endswith(".h") else (MAX_SOURCE, NEAR_SOURCE)
    faults = [(1, f"{lines} lines, more than {most}: split it by subject")] if lines > most else []
    nearly = [(1, f"{lines} lines, near the limit of {most}")] if near < lines <= most else []
    report.check(path, faults, nearly)


def check_functions(path, code, report):
    faults, near = [], []
    for line, length in functions(code):
        if length > MAX_FUNCTION and not path.endswith("_test.cc"):
            faults.append((line, f"a function of {length} lines, more than {MAX_FUNCTION}"))
        elif length > NEAR_FUNCTION and not path.endswith("_test.cc"):
            near.append((line, f"a function of {length} lines, near the limit of {MAX_FUNCTION}"))
    report.check(path, faults, near)


def check_header(path, text, report):
    """A header begins with #pragma once and then says what it is."""
    faults = []
    if not text.startswith("#pragma once\n"):
        faults.append((1, "a header starts with #pragma once"))
    elif not re.match(r"#pragma once\n\n// \S", text) and text.count("\n") > 20:
        faults.append((3, "a header opens with a paragraph: what this is, who owns it, what it guarantees"))
    report.check(path, faults)


HEAVY = re.compile(r"#include <boost/(asio\.hpp|beast\.hpp|beast/|json\.hpp|asio/(?!awaitable|any_io_executor))")


def check_includes(path, text, links, report):
    """Lower rooms know nothing of upper ones; a service never includes another."""
    parts = pathlib.PurePath(path).parts
    room, faults, near = parts[1], [], []
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"#include <boost/(asio|beast)\.hpp>", line):
            faults.append((number, "include the narrow Boost headers that are needed, never the whole library"))
        if path.endswith(".h") and HEAVY.match(line) and room != "base":
            near.append((number, "a heavy header; it belongs in a .cc file where that can be"))
        match = re.match(r'#include "([^"]+)"', line)
        if not match:
            continue
        other = match[1].split("/")
        if other[0] not in ROOMS:
            continue
        if other[0] == "services" == room and len(other) > 2 and other[1] != parts[2]:
            faults.append(
                (number, f"services/{parts[2]} must not include services/{other[1]}: they meet through targets")
            )
        if other[0] != room and other[0] not in links.get(room, set(ROOMS)):
            faults.append((number, f"{room} must not include {other[0]}: not on its link list"))
        if ROOMS.index(other[0]) > ROOMS.index(room):
            faults.append((number, f"{room} must not include {other[0]}, a room above it"))
    report.check(path, faults, near)


def link_lists(report):
    """{room: rooms it may include}, from the CMake link lists and what those rooms link in turn."""
    direct = {}
    for room in ROOMS:
        names = set()
        for file in (ROOT / "src" / room).rglob("CMakeLists.txt"):
            text = re.sub(r"#.*", "", file.read_text())
            names |= {name for name in re.findall(r"\bmartlet_(\w+)", text) if name in ROOMS}
        direct[room] = names - {room}
        above = [name for name in direct[room] if ROOMS.index(name) > ROOMS.index(room)]
        report.check(f"src/{room}/CMakeLists.txt", [(1, f"{room} links {name}, a room above it") for name in above])
    closed = {}
    for room in ROOMS:
        closed[room], queue = set(), [room]
        while queue:
            for name in direct[queue.pop()] - closed[room]:
                closed[room].add(name)
                queue.append(name)
        if room in ("server", "cli", "gateway"):
            closed[room].add("services")  # linked by variable
    return {room: names for room, names in closed.items() if (ROOT / "src" / room / "CMakeLists.txt").exists()}


def check_coroutines(path, code, report):
    faults = []
    for match in re.finditer(r"\bcatch\s*\([^)]*\)\s*\{", code):
        block = code[match.end() - 1 : end_of_block(code, match.end() - 1)]
        if "co_await" in block:
            faults.append((line_of(code, match.start()), "co_await inside a catch block"))
    # A lambda with captures that is called where it stands: unless awaited there, its frame outlives the captures.
    for match in re.finditer(r"\[[^\[\]]+\]\s*(\([^()]*\))?\s*(mutable\s*)?->\s*Task<[^{;]*\{", code):
        end = end_of_block(code, match.end() - 1)
        if re.match(r"\s*\(", code[end + 1 :]) and not re.search(r"co_await\s*$", code[: match.start()]):
            faults.append((line_of(code, match.start()), "a coroutine lambda with captures dies before its coroutine"))
    # Temporaries of an arm that is not run may be destroyed all the same when the other one awaits.
    for match in re.finditer(r"\?[^;{}?]*?\bco_await\b", code):
        if match[0].count("(") >= match[0].count(")"):
            faults.append((line_of(code, match.start()), "co_await inside a conditional expression"))
    spawner = path in ("src/base/task_group.cc", "src/base/async_test.h", "src/cli/main.cc") or re.search(
        r"(_test\.(cc|h)|test_support\.h)$", path
    )
    for match in re.finditer(r"\bco_spawn\s*\(|\bdetached\b", code):
        if not spawner:
            faults.append((line_of(code, match.start()), "background work belongs to a TaskGroup"))
    report.check(path, faults)


SLEEPS = re.compile(r"\bthis_thread::sleep_|\b(usleep|nanosleep)\s*\(|(?<!\w)::sleep\s*\(")
TIMERS = re.compile(r"\b(steady_timer|system_timer|high_resolution_timer)\b")


def check_time(path, code, report):
    """Time is a parameter: waits go through base/clock.h."""
    faults = []
    for match in SLEEPS.finditer(code):
        faults.append((line_of(code, match.start()), "sleeps bypass Clock"))
    if not path.startswith(("src/base/", "src/net/")):
        for match in TIMERS.finditer(code):
            faults.append((line_of(code, match.start()), "timers outside base and net bypass Clock"))
    report.check(path, faults)


WORDS = [
    (re.compile(r"\b(TODO|FIXME|XXX)\b"), "unfinished work is an entry in the tracker, not a comment"),
    (re.compile(r"(?<![\w./$~-])/(root|home|work)/\w"), "a path of one machine"),
    (re.compile(r"[ \t]+$", re.MULTILINE), "white space at the end of the line"),
]


def check_words(path, text, report):
    faults = []
    for pattern, what in WORDS:
        if path.endswith((".json", ".log", "LICENSE")):
            continue
        faults += [(line_of(text, match.start()), what) for match in pattern.finditer(text)]
    report.check(path, faults)


def check_format(paths, report):
    for path in paths:
        done = subprocess.run(
            ["clang-format-19", "--dry-run", "-Werror", path], cwd=ROOT, capture_output=True, text=True
        )
        line = re.search(r":(\d+):\d+: error", done.stderr)
        report.check(
            path, [(line[1] if line else 1, "not as clang-format has it; ./dev format")] if done.returncode else []
        )


# ---- Everything -----------------------------------------------------------------------------------------------------


def tracked_files():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(path for path in set(listed.stdout.split("\n")) if path and (ROOT / path).is_file())


def check_tree(report):
    links = link_lists(report)
    for path in tracked_files():
        file = ROOT / path
        if file.suffix not in TEXT:
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # test data
        if path not in SPELLS_RULES:
            check_words(path, text, report)
        if not path.endswith(CPP):
            continue
        code = without_literals(text)
        check_size(path, text, report)
        check_functions(path, code, report)
        if path.endswith(".h"):
            check_header(path, text, report)
        if path.startswith("src/"):
            check_includes(path, text, links, report)
            check_coroutines(path, code, report)
            check_time(path, code, report)


def main():
    report = Report()
    check_tree(report)
    if "--no-format" not in sys.argv:
        check_format([path for path in tracked_files() if path.endswith(CPP)], report)
    for near in report.near:
        print("near: " + near)
    for fault in report.faults:
        print("fault: " + fault)
    print(f"{max(0, report.checks - len(report.faults))} passed, {len(report.faults)} failed")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
