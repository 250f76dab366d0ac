#!/usr/bin/env python3
"""Runs our workers, pools and actors against their peers in turns and prints two Markdown tables of medians.

    report.py BUILD_DIRECTORY [--rounds 5] [--filter REGEX] [--quick] [--real-time]

Every contestant has two CPUs. Exit code 1: we are behind a peer somewhere, or too far behind a limit.
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import contestant  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
LIMITS = ["queue", "atomics"]  # bare, with nothing around them: what a row could cost at least
PEERS = ["libuv", "Asio", "CAF", "worker_threads", "Piscina"]
OTHERS = LIMITS + PEERS
ROWS = [
    "round trip/job, asleep",
    "round trip/message, asleep",
    "round trip/job, polling",
    "round trip/message, polling",
    "fan-out/4 workers, asleep",
    "1 MiB/handed to a job",
    "1 MiB/plainly given to a job",
    "1 MiB/handed to a worker",
    "1 MiB/plainly posted to a worker",
    "1,000 outstanding/jobs",
    "1,000 outstanding/jobs, promises",
    "1,000 outstanding/jobs, co_await",
    "1,000 outstanding/jobs, polling",
    "1,000 outstanding/messages",
    "stop/check in a job",
    "actors/ping-pong, one worker",
    "actors/ping-pong, two workers",
    "actors/10^6 spawned and greeted",
    "actors/10^6 in a ring",
]
# How near to the bare queue we must be, as a ratio of speeds.
NEAR_QUEUE = {
    "round trip/job, asleep": 1 / 1.1,
    "round trip/message, asleep": 1 / 1.1,
    "round trip/job, polling": 1 / 1.3,
    "round trip/message, polling": 1 / 1.3,
    "1,000 outstanding/jobs": 10 / 12,
}
# Where threads sleep, the kernel's wake-up is nearly all there is: within this we are level with a peer.
LEVEL = 0.95
STEADY = 1 / 3  # of the median: our worst round of the rows with 1,000 outstanding


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--filter", default=".")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the work, once: whether it runs")
    parser.add_argument("--real-time", action="store_true", help="as root, where the machine has other work too")
    return parser.parse_args()


def commands(build):
    """The command of each contestant that is there."""
    programs = {"ours": "bench_actors", "queue": "bench_actors_queue", "atomics": "bench_actors_atomics",
                "libuv": "bench_actors_libuv", "Asio": "bench_actors_asio", "CAF": "bench_actors_caf"}
    found = {who: [str(build / program)] for who, program in programs.items() if (build / program).exists()}
    if shutil.which("node"):
        found["worker_threads"] = ["node", str(HERE / "node.mjs")]
        if (HERE / "node_modules" / "piscina").is_dir():
            found["Piscina"] = ["node", str(HERE / "piscina.mjs")]
    for who in OTHERS:
        if who not in found:
            print(f"{who} is not here, and left out", file=sys.stderr)
    return found


def collect(options):
    """Row -> contestant -> the figures of each round."""
    cpus = sorted(os.sched_getaffinity(0))[:2]
    names = [name for name in ROWS if re.search(options.filter, name)]
    measured = {name: {} for name in names}
    prefix = ["chrt", "--rr", "1"] if options.real_time else []
    found = commands(options.build)
    for number in range(1 if options.quick else options.rounds):
        print(f"round {number + 1}", file=sys.stderr)
        for who, command in found.items():
            for name, figures in contestant.run(command, cpus, names, options.quick, prefix).items():
                measured[name].setdefault(who, []).append(figures)
    return measured


def middle(rounds, figure):
    return statistics.median(each[figure] for each in rounds)


def speed(rounds):
    """Operations a second, by the median of what was timed."""
    return 1e9 / middle(rounds, "p50_ns") if "p50_ns" in rounds[0] else middle(rounds, "median_round")


def number(value):
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def in_time(rounds):
    return number(1e6 / speed(rounds))


def in_rate(rounds):
    return number(speed(rounds) / 1e6)


def steadiness(rounds):
    return min(each["worst_round"] for each in rounds) / speed(rounds)


def remarks(name, row):
    """What is wrong with our part of a row."""
    ours = row.get("ours")
    if not ours:
        return ["ours is not there yet"]
    ratios = {who: speed(ours) / speed(row[who]) for who in OTHERS if who in row}
    least = LEVEL if "p50_ns" in ours[0] else 1
    wrong = [f"behind {who}" for who in PEERS if ratios.get(who, 2) < least]
    near = NEAR_QUEUE.get(name, 0)
    if ratios.get("queue", 1) < near:
        wrong.append(f"{ratios['queue']:.2f} of the bare queue, less than {near:.2f}")
    if name.startswith("1,000 outstanding") and steadiness(ours) < STEADY:
        wrong.append(f"worst round {steadiness(ours):.2f} of the median")
    return wrong


def cells(row, form):
    """What the others took, with our lead over them."""
    for who in OTHERS:
        if who not in row:
            yield "–"
        elif "ours" not in row:
            yield form(row[who])
        else:
            yield f"{form(row[who])} ×{speed(row['ours']) / speed(row[who]):.2f}"


def print_table(title, rows, form, extra):
    """`extra`: the heading of a second column of ours, and what stands in it."""
    if not rows:
        return
    print(f"| {title} | ours | {extra[0]} | {' | '.join(OTHERS)} | |")
    print("|---|---:|---:|" + "---:|" * len(OTHERS) + "---|")
    for name, row in rows.items():
        ours = row.get("ours")
        own = [form(ours), extra[1](ours)] if ours else ["–", "–"]
        print("| " + " | ".join([name, *own, *cells(row, form), ", ".join(remarks(name, row))]) + " |")
    print()


def print_sizes(rows):
    sizes = {who: middle(rounds, "bytes") for row in rows.values() for who, rounds in row.items()
             if "bytes" in rounds[0]}
    if sizes:
        print("Heap for each idle actor: " + ", ".join(f"{who} {size:.0f} bytes" for who, size in sizes.items()))


def main():
    options = parse()
    measured = {name: row for name, row in collect(options).items() if row}
    timed = {name: row for name, row in measured.items() if "p50_ns" in next(iter(row.values()))[0]}
    counted = {name: row for name, row in measured.items() if name not in timed}
    p99 = ("p99", lambda ours: number(middle(ours, "p99_ns") / 1e3))
    print_table("one after the other, p50 µs", timed, in_time, p99)
    print_table("million/s, median round", counted, in_rate, ("worst/median", lambda ours: f"{steadiness(ours):.2f}"))
    print_sizes(measured)
    behind = any(remarks(name, row) for name, row in measured.items() if "ours" in row)
    return 1 if behind and not options.quick else 0


if __name__ == "__main__":
    sys.exit(main())
