#!/usr/bin/env python3
"""What the lints find, and what they leave alone."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
LINTS = HERE.parents[1] / "tools" / "lint"


def run(lint, name, folder):
    """The lint's exit code and the lines that it complains of, for one file below `folder`."""
    done = subprocess.run([sys.executable, str(LINTS / lint), name], cwd=folder, capture_output=True, text=True)
    lines = [int(finding.split(":")[1]) for finding in done.stdout.splitlines()]
    return done.returncode, lines, done.stdout + done.stderr


class Coroutines(unittest.TestCase):
    def test_finds_every_bad_statement_and_no_other(self):
        sample = (HERE / "coroutines_bad.txt").read_text().splitlines()
        expected = [number for number, line in enumerate(sample, 1) if "// BAD" in line]
        self.assertEqual(run("coroutines.py", "coroutines_bad.txt", HERE)[:2], (1, expected))

    def test_leaves_good_statements_alone(self):
        code, lines, output = run("coroutines.py", "coroutines_good.txt", HERE)
        self.assertEqual((code, lines), (0, []), output)


class InATree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def lines(self, lint, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return run(lint, name, self.folder)[1]


class Includes(InATree):
    def test_all_of_asio_is_included_nowhere(self):
        self.assertEqual(self.lines("includes.py", "core/src/a.cpp", "#pragma once\n#include <asio.hpp>\n"), [2])

    def test_asio_stays_out_of_headers(self):
        text = "#include <asio/ip/tcp.hpp>\n"
        for name in ["transport/include/trireme/transport/tcp.hpp", "transport/src/tcp.hpp", "actors/src/pool.cpp"]:
            self.assertEqual(self.lines("includes.py", name, text), [1], name)
        for name in ["transport/src/tcp.cpp", "core/src/poller.hpp", "core/include/trireme/core/asio.hpp"]:
            self.assertEqual(self.lines("includes.py", name, text), [], name)

    def test_only_the_job_queue_includes_the_lock_free_queue(self):
        text = "#  include <concurrentqueue/concurrentqueue.h>\n"
        self.assertEqual(self.lines("includes.py", "actors/src/pool.cpp", text), [1])
        self.assertEqual(self.lines("includes.py", "core/src/job_queue.cpp", text), [])

    def test_an_allowance_needs_a_reason(self):
        text = "// lint:allow(includes){}\n#include <asio/post.hpp>\n"
        self.assertEqual(self.lines("includes.py", "a.hpp", text.format("")), [2])
        self.assertEqual(self.lines("includes.py", "a.hpp", text.format(" because it is a bridge")), [])


class Contracts(InATree):
    HEADER = "core/include/trireme/core/a.hpp"

    def test_every_public_name_needs_one(self):
        text = "namespace trireme {{\n\n{}class a {{\n  int b();\n\n  int c();\n}};\n\n{}int d(\n    int e);\nint f();\n}}\n"
        self.assertEqual(self.lines("contracts.py", self.HEADER, text.format("", "")), [3, 9])
        self.assertEqual(self.lines("contracts.py", self.HEADER, text.format("/// A.\n", "/// D.\n")), [])

    def test_what_is_declared_elsewhere_needs_none(self):
        text = "namespace trireme {\n\nclass a;\n\ntemplate <class T>\nclass b;\n\ninline int a::c() { return 1; }\n}\n"
        self.assertEqual(self.lines("contracts.py", self.HEADER, text), [])
        hidden = "namespace trireme::detail {\n\nclass a {};\n}\nnamespace trireme {\nnamespace detail {\nclass b {};\n}\n}\n"
        self.assertEqual(self.lines("contracts.py", self.HEADER, hidden), [])


class Styles(InATree):
    def test_a_promise_without_a_callback_misses_a_style(self):
        text = "promise<void> close();\n{}"
        name = "core/include/trireme/core/a.hpp"
        self.assertEqual(self.lines("styles.py", name, text.format("")), [1])
        self.assertEqual(self.lines("styles.py", name, text.format("void close(callback_of<void> done);\n")), [])

    def test_an_operation_that_is_not_in_the_list_is_found(self):
        text = "promise<int> unheard_of();\nvoid unheard_of(callback_of<int> done);\n"
        self.assertEqual(self.lines("styles.py", "core/include/trireme/core/a.hpp", text), [1])


class Locks(InATree):
    TEXT = "#include <mutex>\n// std::mutex\nstd::mutex guard;\nconst std::lock_guard lock(guard);\n"

    def test_core_and_actors_hold_none(self):
        for name in ["core/src/inbox.cpp", "core/include/trireme/core/detail/inbox.hpp", "actors/src/pool.cpp"]:
            self.assertEqual(self.lines("locks.py", name, self.TEXT), [1, 3, 4], name)
        for text in ["#include <condition_variable>\n", "std::condition_variable_any rung;\n", "::pthread_mutex_lock(&m);\n"]:
            self.assertEqual(self.lines("locks.py", "actors/include/trireme/actors/pool.hpp", text), [1], text)

    def test_others_and_those_on_the_list_may(self):
        for name in ["tests/core/inbox_test.cpp", "transport/src/tls.cpp", "core/src/dns.cpp"]:
            self.assertEqual(self.lines("locks.py", name, self.TEXT), [], name)
        self.assertEqual(self.lines("locks.py", "core/src/inbox.cpp", "int mutex; // a std::mutex\n"), [])

    def test_the_list_names_nobody_who_holds_none(self):
        self.assertEqual(self.lines("locks.py", "core/src/dns.cpp", "int a;\n"), [1])

    def test_an_allowance_needs_a_reason(self):
        text = "// lint:allow(locks){}\nstd::mutex guard;\n"
        self.assertEqual(self.lines("locks.py", "core/src/inbox.cpp", text.format("")), [2])
        self.assertEqual(self.lines("locks.py", "core/src/inbox.cpp", text.format(" for a test of it")), [])


class Texts(InATree):
    def test_finds_paths_of_a_machine(self):
        for folder in ["home", "root", "work", "farm"]:
            self.assertEqual(self.lines("texts.py", "README.md", f"\ncd '/{folder}/x'\n"), [2], folder)
        innocent = "a/root, /worker, ~/work, $top/home, https://x.org/home, and/or\n"
        self.assertEqual(self.lines("texts.py", "README.md", innocent), [])

    def test_finds_sleeps_in_tests_only(self):
        text = "// sleep_for\nstd::this_thread::sleep_" + "for(1s);\n"
        self.assertEqual(self.lines("texts.py", "tests/core/a.cpp", text), [2])
        self.assertEqual(self.lines("texts.py", "core/src/a.cpp", text), [])

    def test_lock_files_hold_no_addresses(self):
        text = '{\n"resolved": "https://example.org/a.tgz"\n}\n'
        self.assertEqual(self.lines("texts.py", "tests/a/package-lock.json", text), [2])


if __name__ == "__main__":
    unittest.main()
