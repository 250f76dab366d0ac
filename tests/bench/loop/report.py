#!/usr/bin/env python3
"""Runs the loop's benchmark against its peers in turns and prints one Markdown table of medians.

    report.py BUILD_DIRECTORY [--rounds 5] [--filter REGEX] [--quick]

Every row but those between threads runs on one CPU; those get two. Exit code 1: the loop is behind somewhere.
"""
import argparse
import os
import pathlib
import re
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import contestant  # noqa: E402

PEERS = ["libuv", "asio", "node", "raw"]
THREADS = r"posts/(1 producer|4 producers|round trip, two CPUs)"
# Rows where the loop must be near the bare system, with the ratio that it may take.
NEAR_RAW = {"immediates/chain": 1.3, "turn/nothing to do": 1.3}


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--filter", default=".")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the work, once: whether it runs")
    return parser.parse_args()


def commands(build):
    here = pathlib.Path(__file__).resolve().parent
    found = {"ours": [str(build / "bench_loop")]}
    for peer in ("libuv", "asio", "raw"):
        found[peer] = [str(build / f"bench_loop_{peer}")]
    found["node"] = ["node", str(here / "node.mjs")]
    return found


def rate(value):
    return "–" if value is None else f"{value / 1e6:.3g} M"


def line_of(name, measured):
    """A row of the table, and what is wrong with it."""
    median = {who: statistics.median(rates) for who, rates in measured[name].items()}
    ours = median["ours"]
    cells = [name, rate(ours), f"{1e9 / ours:.3g}"]
    wrong = []
    for peer in PEERS:
        other = median.get(peer)
        cells.append("–" if other is None else f"{rate(other)} ×{ours / other:.2f}")
        if other is None:
            continue
        if peer != "raw" and ours <= other:
            wrong.append(f"behind {peer}")
        if peer == "raw" and name in NEAR_RAW and other / ours > NEAR_RAW[name]:
            wrong.append(f"{other / ours:.2f} × raw, more than {NEAR_RAW[name]}")
    return cells, wrong


def collect(options, names):
    cpus = sorted(os.sched_getaffinity(0))[:2]
    between = [name for name in names if re.match(THREADS, name)]
    alone = [name for name in names if name not in between]
    measured = {name: {} for name in names}
    allocations = {}
    for number in range(1 if options.quick else options.rounds):
        print(f"round {number + 1}", file=sys.stderr)
        for who, command in commands(options.build).items():
            found = contestant.run(command, cpus[:1], alone, options.quick)
            found |= contestant.run(command, cpus, between, options.quick)
            for name, each in found.items():
                measured[name].setdefault(who, []).append(each["items_per_second"])
                if "allocations" in each:
                    allocations[name] = each["allocations"]
    return measured, allocations


def main():
    options = parse()
    names = [name for name in contestant.names_of(str(options.build / "bench_loop")) if re.search(options.filter, name)]
    measured, allocations = collect(options, names)
    print("| row | ours, operations/s | ns | libuv | Asio | Node | raw | allocations/operation | |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---|")
    behind = False
    for name in measured:
        cells, wrong = line_of(name, measured)
        behind = behind or bool(wrong)
        print("| " + " | ".join(cells + [f"{allocations.get(name, 0):.3g}", ", ".join(wrong)]) + " |")
    return 1 if behind and not options.quick else 0


if __name__ == "__main__":
    sys.exit(main())
