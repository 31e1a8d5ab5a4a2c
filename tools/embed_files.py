#!/usr/bin/env python3
"""Writes a C++ source that holds the files below a directory, for server/embedded_files.h.

usage: embed_files.py DIRECTORY OUTPUT.cc [PATH=FILE...]

Each PATH=FILE adds a file that the build made. What is compiled, or only for readers, stays out.
"""

import pathlib
import sys


LEFT_OUT = {".java", ".cc", ".md"}


def literal(content: bytes) -> str:
    """The bytes as adjacent string literals, one per line of text."""
    def escape(byte: int) -> str:
        char = chr(byte)
        if char == "\n":
            return "\\n"
        if char in '"\\':
            return "\\" + char
        if 32 <= byte < 127 and char != "?":
            return char
        return f"\\{byte:03o}"

    lines = content.splitlines(keepends=True) or [b""]
    return "\n".join('    "' + "".join(escape(byte) for byte in line) + '"' for line in lines)


def main() -> None:
    root, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    found = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    files = {path.relative_to(root).as_posix(): path for path in found if path.suffix not in LEFT_OUT}
    files.update((name, pathlib.Path(file)) for name, file in (made.split("=", 1) for made in sys.argv[3:]))
    # A jar is longer than the language promises; this compiler takes it.
    pragma = '#pragma clang diagnostic ignored "-Woverlength-strings"'
    parts = ['#include "server/embedded_files.h"', "", pragma, "", "namespace martlet::server {", "", "namespace {", ""]
    rows = []
    for number, (name, path) in enumerate(sorted(files.items())):
        content = path.read_bytes()
        parts.append(f"constexpr char kFile{number}[] =\n{literal(content)};\n")
        rows.append(f'    {{"{name}", std::string_view(kFile{number}, {len(content)})}},')
    parts += ["constexpr EmbeddedFile kFiles[] = {", *rows, "};", "", "}  // namespace", "",
              "std::span<const EmbeddedFile> embedded_runtimes() { return kFiles; }", "",
              "}  // namespace martlet::server", ""]
    text = "\n".join(parts)
    if not output.exists() or output.read_text() != text:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text)


main()
