"""``python -m tests.bench expand [--json]``: measure, print for people or as one JSON document."""

from __future__ import annotations

import argparse
import json
import sys

from tests.bench.expand import bench_expand


def main(argv: list[str]) -> int:
    """Run one bench; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("bench", choices=["expand"])
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(argv)
    found = bench_expand()
    if options.json:
        sys.stdout.write(json.dumps(found) + "\n")
        return 0
    for bundle, times in found.items():
        sys.stdout.write(f"{bundle}: p50 {times['p50_ms']} ms, p95 {times['p95_ms']} ms\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
