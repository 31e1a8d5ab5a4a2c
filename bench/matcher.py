"""What one event costs a matcher of 10,000 patterns, beside one of a single pattern."""

import collections
import subprocess

from server import ROOT
from table import Figure

BENCH = ROOT / "build/release/bench/martlet_matcher_bench"


def measure_matcher(table, functions, options):
    """For each shape of patterns, of which one matches; the ratio is of times taken in turn."""
    lines = subprocess.run([BENCH, str(options.rounds)], capture_output=True, text=True, check=True).stdout
    alone, many = collections.defaultdict(list), collections.defaultdict(list)
    for line in lines.splitlines():
        shape, one, all_of_them = line.split("\t")
        alone[shape].append(float(one))
        many[shape].append(float(all_of_them))
    for shape, samples in many.items():
        title = f"an event matched with 10,000 patterns: {shape}"
        table.add(title, Figure(samples), "ns", ("one pattern", Figure(alone[shape])), promised="at most 3 x")
