#!/usr/bin/env python3
"""Writes a C++ source that holds AWS's managed policies, for services/iam/managed_policies.h.

usage: embed_policies.py POLICIES.json OUTPUT.cc

The table needs no reading when the program runs: sorted by ARN, documents as they are answered.
"""

import datetime
import json
import pathlib
import sys

ARN = "arn:aws:iam::aws:policy/"
KNOWN = {"description", "version", "created", "updated", "abridged", "statements"}


def milliseconds(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def literal(text: str) -> str:
    """JSON's escapes are C++'s, as long as all of it is ASCII."""
    return json.dumps(text)


def row(name: str, policy: dict) -> str:
    if unknown := policy.keys() - KNOWN:
        raise SystemExit(f"{name}: what is {', '.join(sorted(unknown))}?")
    updated = milliseconds(policy["updated"])
    created = milliseconds(policy["created"]) if "created" in policy else updated
    document = json.dumps({"Version": "2012-10-17", "Statement": policy["statements"]}, separators=(",", ":"))
    return (
        f"    {{{literal(ARN + name)},\n     {literal(policy['description'])},\n     "
        f"{literal(policy['version'])},\n     {created},\n     {updated},\n     {literal(document)}}},"
    )


def main() -> None:
    source, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    policies = json.loads(source.read_text())
    rows = [row(name, policies[name]) for name in sorted(policies)]
    lines = [
        '#include "services/iam/managed_policies.h"', "",
        '#pragma clang diagnostic ignored "-Woverlength-strings"', "",
        "namespace martlet::iam {", "", "namespace {", "",
        "constexpr AwsPolicy kPolicies[] = {", *rows, "};", "", "}  // namespace", "",
        "std::span<const AwsPolicy> aws_policies() { return kPolicies; }", "",
        "}  // namespace martlet::iam", "",
    ]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("\n".join(lines))


main()
