#!/usr/bin/env python3
"""Generates the C++ interface and tables of one AWS service; the build runs it (cmake/Service.cmake).

    tools/generate_api.py --model models/lambda.json --output build/debug/generated/api/lambda

A file is only written when its content changes, so that a new generator does not recompile what stays the same.
Patterns that need a backtracking matcher are listed on standard output with --notes.
"""

import argparse
import pathlib
import re

from apigen import headers, tables
from apigen.model import Model

FILES = {
    "types.h": headers.types_header,
    "values.h": headers.values_header,
    "api.h": headers.api_header,
    "api.cc": headers.api_source,
    "model.h": headers.model_header,
    "bind.h": headers.bind_header,
    "model.cc": tables.source,
}


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def print_notes(model):
    for name, shape in sorted(model.shapes.items()):
        pattern = shape.get("pattern", "")
        if re.search(r"\(\?(=|!|<=|<!)|\\[1-9]", pattern):
            print(f"{model.name}: {name}: matched by backtracking, with bounded effort: {pattern}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--overlay", type=pathlib.Path, help="default: overlay.json beside the model")
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--notes", action="store_true", help="list what the build should know about this model")
    options = parser.parse_args()
    model = Model(options.model, options.overlay or options.model.parent / "overlay.json")
    options.output.mkdir(parents=True, exist_ok=True)
    for name, generate in FILES.items():
        write_if_changed(options.output / name, generate(model))
    if options.notes:
        print_notes(model)


if __name__ == "__main__":
    main()
