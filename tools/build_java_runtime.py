#!/usr/bin/env python3
"""Compiles Martlet's Java runtime into a jar.

usage: build_java_runtime.py JAVAC SOURCES OUTPUT.jar

The same sources give the same bytes, and nothing in the jar is compressed: it is read at every start of a function.
"""

import pathlib
import subprocess
import sys
import tempfile
import zipfile

MANIFEST = """Manifest-Version: 1.0
Main-Class: martlet.runtime.Main
Add-Opens: java.base/java.lang
Enable-Native-Access: ALL-UNNAMED

"""
# Java 11 is the oldest that is served. Strings are put together without invokedynamic, whose first use takes 20 ms.
OPTIONS = ["--release", "11", "-g:source,lines", "-XDstringConcat=inline", "-Xlint:all,-options,-removal", "-Werror"]


def main() -> None:
    javac, sources, output = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as classes:
        files = sorted(map(str, sources.rglob("*.java")))
        subprocess.run([javac, *OPTIONS, "-d", classes, *files], check=True)
        output.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as jar:
            add(jar, "META-INF/MANIFEST.MF", MANIFEST.encode())
            for path in sorted(pathlib.Path(classes).rglob("*.class")):
                add(jar, path.relative_to(classes).as_posix(), path.read_bytes())


def add(jar: zipfile.ZipFile, name: str, content: bytes) -> None:
    jar.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content)


main()
