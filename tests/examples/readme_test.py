#!/usr/bin/env python3
"""What the READMEs show is what the tree does. In README.md, and of the rules in core/README.md, a comment before a
block tells what holds of it:

  <!-- is: PATH -->         the block is that file, byte for byte
  <!-- printed by: NAME --> the program prints the block
  <!-- asked of: NAME -->   each "$ command", run while the program serves, answers with the lines below it
  <!-- spoken with: NAME --> a WebSocket session: "> " what the client sends, "< " what the server answers

Every block of C++, protobuf or CMake in README.md is one of these. Environment: EXAMPLE_NAME holds the program NAME.
"""

import base64
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^(?:<!-- ([a-z ]+): (\S+) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_ADDRESS = "http://127.0.0.1:8080"
PATIENCE = 30  # seconds that no step may take
PAGES = [TOP / "README.md", *TOP.glob("*/README.md")]


def blocks(rule, subject=None, page="README.md"):
    """(subject, language, text) of each block of the page under `rule`; None: of those under none."""
    found = BLOCK.findall((TOP / page).read_text(encoding="utf-8"))
    return [(name, kind, text) for given, name, kind, text in found
            if given == (rule or "") and subject in (None, name)]


def program(name):
    return os.environ["EXAMPLE_" + name]


class Serving:
    """A server on a port of its own, for as long as the `with` lasts; it must end with 0."""

    def __init__(self, name, *arguments):
        self.command = [program(name), *arguments]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().split()[-1]
        return self

    def __exit__(self, *failure):
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        if code != 0 and failure[0] is None:
            raise AssertionError(f"the server ended with {code}")

    def answer(self, command):
        done = subprocess.run(command.replace(SHOWN_ADDRESS, self.address), shell=True, check=True, timeout=PATIENCE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return done.stdout.strip()


class Session:
    """As much of a WebSocket client as a page of JSON needs: short text messages."""

    def __init__(self, address):
        host, port = address.rsplit("/", 1)[-1].split(":")
        self.socket = socket.create_connection((host, int(port)), PATIENCE)
        self.stream = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /rpc HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                             "Sec-WebSocket-Protocol: trireme.v1\r\n\r\n").encode())
        if b" 101 " not in self.stream.readline():
            raise AssertionError("no WebSocket")
        while self.stream.readline() != b"\r\n":
            pass

    def close(self):
        self.stream.close()
        self.socket.close()

    def send(self, text):
        data, mask = text.encode(), os.urandom(4)
        assert len(data) < 1 << 16
        length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self.socket.sendall(b"\x81" + length + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)))

    def receive(self):
        kind, length = self.stream.read(2)
        if length == 126:
            length = int.from_bytes(self.stream.read(2), "big")
        assert kind == 0x81 and length != 127
        return self.stream.read(length).decode()


class Example(unittest.TestCase):
    maxDiff = None

    def check_answers(self, name, *arguments):
        shown = blocks("asked of", name)
        self.assertTrue(shown)
        with Serving(name, *arguments) as server:
            for _, _, text in shown:
                for exchange in text.split("$ ")[1:]:
                    command, _, answer = exchange.partition("\n")
                    self.assertEqual(server.answer(command), answer.strip(), command)


class Readme(Example):
    def test_code_is_that_of_the_examples(self):
        shown = blocks("is")
        self.assertTrue(shown)
        for path, _, text in shown:
            self.assertEqual(text, (TOP / path).read_text(encoding="utf-8"), path)

    def test_no_code_is_unchecked(self):
        self.assertEqual([text for _, kind, text in blocks(None) if kind in ("cpp", "proto", "cmake")], [])

    def test_links_lead_somewhere(self):
        for page in PAGES:
            text = BLOCK.sub("", page.read_text(encoding="utf-8"))
            for path in re.findall(r"\]\(([^)#]+)\)", text) + re.findall(r'src="([^"]+)"', text):
                if "://" not in path:
                    self.assertTrue((page.parent / path).exists(), f"{page}: {path}")

    def test_pages_of_modules_name_headers_that_exist(self):
        for module in ("core", "actors", "transport", "proto"):
            text = (TOP / module / "README.md").read_text(encoding="utf-8")
            named = set(re.findall(r"\b(\w+\.hpp)\b", text))
            self.assertEqual(named - {path.name for path in (TOP / module).glob("**/*.hpp")}, set(), module)

    def test_pages_of_core_and_transport_name_every_public_header(self):
        for module in ("core", "transport"):
            text = (TOP / module / "README.md").read_text(encoding="utf-8")
            headers = [path.relative_to(TOP) for path in (TOP / module).glob("include/**/*.hpp")]
            public = {path.name for path in headers if not {"detail", "testing"} & set(path.parts)}
            self.assertEqual({name for name in public if name not in text}, set(), module)


class Greeter(Example):
    def test_answers(self):
        self.check_answers("greeter", "0")

    def test_speaks_over_a_websocket(self):
        shown = blocks("spoken with", "greeter")
        self.assertTrue(shown)
        with Serving("greeter", "0") as server:
            session = Session(server.address)
            for line in shown[0][2].splitlines():
                if line.startswith("> "):
                    session.send(line[2:])
                else:
                    self.assertEqual("< " + session.receive(), line)
            session.close()

    def test_says_what_is_wrong_with_the_port(self):
        with Serving("greeter", "0") as server:
            second = subprocess.run([program("greeter"), server.address.rsplit(":", 1)[-1]], timeout=PATIENCE,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertEqual(second.returncode, 1)
            self.assertRegex(second.stderr, "^greeter: .*in use.*\n$")


class Order(Example):
    def test_is_what_the_program_prints(self):
        shown = blocks("printed by", "order")
        self.assertTrue(shown)
        done = subprocess.run([program("order")], check=True, timeout=PATIENCE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.stdout, shown[0][2])


# A60: five chapters, each with a program that runs.
class Rules(Example):
    PAGE = "core/README.md"

    def test_code_is_that_of_the_programs(self):
        shown = blocks("is", page=self.PAGE)
        self.assertEqual(len(shown), 5)
        for path, _, text in shown:
            self.assertEqual(text, (TOP / path).read_text(encoding="utf-8"), path)

    def test_they_print_what_is_shown(self):
        shown = blocks("printed by", page=self.PAGE)
        self.assertEqual(len(shown), 5)
        for name, _, text in shown:
            done = subprocess.run([program(name)], check=True, timeout=PATIENCE, stdout=subprocess.PIPE, text=True)
            self.assertEqual(done.stdout, text, name)


class Server(Example):
    def test_answers(self):
        with tempfile.TemporaryDirectory() as data:
            self.check_answers("server", "--port", "0", "--data", data)


if __name__ == "__main__":
    sys.exit(unittest.main())
