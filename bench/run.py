#!/usr/bin/env python3
"""Measures Martlet and prints one table.

A figure that depends on the machine comes with its ratio to a reference measured in the same run, so that tables from
different machines can be compared.

    ./dev bench [--quick] [--only PART]... [--rounds N] [--build] [--json FILE]

Rounds of all measurements are taken in turn (A B C, A B C, ...), so that a disturbance does not fall on one of them
alone. The table shows the median over the rounds and, as ±, half the spread of their middle half.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import api
import authorization
import environments
import invocations
import matcher
import queues
import startup
from server import ROOT, functions
from table import Table

PARTS = {
    "start": startup.measure_start,
    "warm": invocations.measure_warm,
    "cold": environments.measure_cold,
    "burst": environments.measure_burst,
    "memory": environments.measure_memory,
    "cpu": environments.measure_cpu,
    "api": api.measure_api,
    "events": api.measure_events,
    "authorization": authorization.measure_authorization,
    "queues": queues.measure_queues,
    "fsync": queues.measure_fsync,
    "backlog": queues.measure_backlog,
    "mapping": queues.measure_mapping,
    "matcher": matcher.measure_matcher,
    "source": startup.measure_source,
}


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measures Martlet and prints one table.")
    parser.add_argument("--rounds", type=int, default=7, help="how often everything is measured (7)")
    parser.add_argument("--requests", type=int, default=1000, help="invocations per round and runtime (1000)")
    parser.add_argument("--cold", type=int, default=50, help="cold starts per runtime (50)")
    parser.add_argument("--environments", type=int, default=500, help="idle environments that are weighed (500)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 200 requests, 10 cold starts, 50 environments")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="this part (may be repeated)")
    parser.add_argument("--build", action="store_true", help="also the seconds of a clean build")
    parser.add_argument("--json", metavar="FILE", help="write the rows there as well")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.requests, options.cold, options.environments = 3, 200, 10, 50
    programs = ["martlet", "martlet_load", "martlet_drain", "martlet_matcher_bench"]
    subprocess.run(
        ["cmake", "--build", ROOT / "build/release", "--target", *programs],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    table = Table()
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as directory:
        described = functions(pathlib.Path(directory))
        for part in options.only or PARTS:
            PARTS[part](table, described, options)
    if options.build:
        startup.measure_build(table)
    print(f"{os.cpu_count()} CPUs, {options.rounds} rounds")
    table.print()
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(table.rows, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
