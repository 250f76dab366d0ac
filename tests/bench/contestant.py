"""What the reports share: one run of one contestant, a program that prints Google Benchmark's JSON."""
import json
import re
import subprocess


def run(command, cpus, names, quick, prefix=()):
    """The named rows of one run, by name; each is a dictionary of figures. Only `cpus` are used."""
    if not names:
        return {}
    wanted = "|".join(name.replace("^", r"\^") for name in names)
    command = [*command, f"--benchmark_filter=^({wanted})(/iterations:[0-9]+)?(/manual_time)?$"]
    if command[0] != "node":
        command.append("--benchmark_format=json")
        command.append("--benchmark_min_time=" + ("0.001" if quick else "0.3"))
    if quick:
        command.append("--quick")
    pinned = ["taskset", "-c", ",".join(map(str, cpus)), *prefix, *command]
    # What it writes to standard error goes to ours: it says why a contestant failed.
    output = subprocess.run(pinned, stdout=subprocess.PIPE, check=True, text=True).stdout
    benchmarks = json.loads(output)["benchmarks"] if output else []
    return {plain(each["name"]): each for each in benchmarks}


def names_of(program):
    listed = subprocess.run([program, "--benchmark_list_tests"], stdout=subprocess.PIPE, check=True, text=True).stdout
    return [plain(line) for line in listed.splitlines()]


def plain(name):
    """A row's name without what Google Benchmark adds."""
    return re.sub(r"(/iterations:\d+)?(/manual_time)?$", "", name)
