#!/usr/bin/env python3
"""Imports AWS API models into models/<service>.json.

Reads a folder of botocore-style service models and writes, for each service named, the facts that the generator
(generate_api.py) needs: operations, shapes, locations, constraints. Everything else (documentation, endpoint rules,
client behaviour) is dropped. The output is stable and has one operation, shape or member per line, so that the
difference between two versions of a model reads as a list of what AWS changed.

    tools/import_models.py MODELS_FOLDER SERVICE [SERVICE...]
    tools/import_models.py MODELS_FOLDER --all-present     (refreshes the services already in models/)
"""

import argparse
import json
import pathlib
import sys

METADATA = ("apiVersion", "endpointPrefix", "signingName", "serviceId", "jsonVersion", "targetPrefix", "xmlNamespace")
SHAPE_FLAGS = ("union", "exception", "fault", "sparse", "flattened", "streaming", "eventstream", "event", "document",
               "sensitive", "synthetic")
SHAPE_FACTS = ("payload", "timestampFormat", "locationName", "xmlNamespace", "min", "max", "pattern", "enum")
MEMBER_FLAGS = ("flattened", "streaming", "jsonvalue", "eventpayload", "eventheader", "xmlAttribute",
                "idempotencyToken", "hostLabel")
MEMBER_FACTS = ("location", "locationName", "xmlNamespace", "timestampFormat", "enum")


def pick(source, facts, flags=()):
    """The named entries of `source`; flags only where they are true."""
    result = {name: source[name] for name in facts if name in source}
    result.update({name: True for name in flags if source.get(name)})
    return result


def normalised_metadata(metadata):
    result = pick(metadata, METADATA)
    result["protocols"] = list(dict.fromkeys([metadata["protocol"], *metadata.get("protocols", [])]))
    if "awsQueryCompatible" in metadata:
        result["awsQueryCompatible"] = True
    return result


def normalised_operation(operation):
    result = {"http": pick(operation["http"], ("method", "requestUri", "responseCode"))}
    if "input" in operation:
        result["input"] = pick(operation["input"], ("shape", "locationName", "xmlNamespace"))
    if "output" in operation:
        result["output"] = pick(operation["output"], ("shape", "resultWrapper", "locationName"))
    if operation.get("errors"):
        result["errors"] = sorted(error["shape"] for error in operation["errors"])
    if "endpoint" in operation:
        result["hostPrefix"] = operation["endpoint"]["hostPrefix"]
    if operation.get("authtype") == "none" or operation.get("auth") == ["smithy.api#noAuth"]:
        result["unsigned"] = True
    return result


def normalised_member(member):
    return {"shape": member["shape"], **pick(member, MEMBER_FACTS, MEMBER_FLAGS)}


def normalised_shape(shape):
    result = {"type": shape["type"], **pick(shape, SHAPE_FACTS, SHAPE_FLAGS)}
    if "error" in shape:
        result["error"] = pick(shape["error"], ("code", "httpStatusCode"), ("senderFault",))
    for part in ("member", "key", "value"):
        if part in shape:
            result[part] = normalised_member(shape[part])
    if shape["type"] == "structure":
        required = set(shape.get("required", ()))
        result["members"] = {}
        for name, member in shape.get("members", {}).items():
            result["members"][name] = normalised_member(member)
            if name in required:
                result["members"][name]["required"] = True
    return result


def reachable_shapes(model):
    """Names of the shapes that some operation, or an error, uses."""
    shapes = model["shapes"]
    waiting = [name for name, shape in shapes.items() if shape.get("exception")]
    for operation in model["operations"].values():
        waiting += [operation[side]["shape"] for side in ("input", "output") if side in operation]
        waiting += [error["shape"] for error in operation.get("errors", ())]
    seen = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        shape = shapes[name]
        parts = [shape[part] for part in ("member", "key", "value") if part in shape]
        waiting += [part["shape"] for part in (*parts, *shape.get("members", {}).values())]
    return seen


def one_line(value):
    return json.dumps(value, ensure_ascii=True, separators=(", ", ": "))


def shape_text(shape):
    """One line, except that the members of a structure have a line each."""
    members = shape.get("members")
    if not members:
        return one_line(shape)
    head = one_line({name: value for name, value in shape.items() if name != "members"})
    lines = ",\n".join(f"   {one_line(name)}: {one_line(member)}" for name, member in members.items())
    return f'{head[:-1]}, "members": {{\n{lines}}}}}'


def section(entries):
    return ",\n".join(f"  {one_line(name)}: {text}" for name, text in entries)


def render(model):
    used = reachable_shapes(model)
    operations = [(name, one_line(normalised_operation(operation)))
                  for name, operation in sorted(model["operations"].items())]
    shapes = [(name, shape_text(normalised_shape(shape)))
              for name, shape in sorted(model["shapes"].items()) if name in used]
    return (f'{{"metadata": {one_line(normalised_metadata(model["metadata"]))},\n'
            f' "operations": {{\n{section(operations)}}},\n'
            f' "shapes": {{\n{section(shapes)}}}}}\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="folder of <service>.json models")
    parser.add_argument("services", nargs="*", help="names of the models to import")
    parser.add_argument("--all-present", action="store_true", help="import again every service already in models/")
    options = parser.parse_args()
    target = pathlib.Path(__file__).resolve().parent.parent / "models"
    services = list(options.services)
    if options.all_present:
        services += [path.stem for path in sorted(target.glob("*.json")) if path.stem != "overlay"]
    if not services:
        parser.error("name at least one service")
    for service in services:
        source = options.folder / f"{service}.json"
        if not source.exists():
            sys.exit(f"{source} does not exist")
        text = render(json.loads(source.read_text()))
        json.loads(text)  # what we write must read back
        (target / f"{service}.json").write_text(text)
        print(f"models/{service}.json: {len(text):,} bytes")


if __name__ == "__main__":
    main()
