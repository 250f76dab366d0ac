"""The program trireme_server from outside: its flags, how it fails to start, how signals end it."""

import base64
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["TRIREME_SERVER"]
PATIENCE = 30  # seconds that no step may take


class Session:
    """A WebSocket session of subprotocol trireme.v1, in text frames."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.input = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /rpc HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: trireme.v1\r\n\r\n".encode()
        )
        status = self.input.readline()
        assert b" 101 " in status, status
        while self.input.readline().strip():
            pass
        self.send({"hello": {"version": 1}})
        assert "hello" in self.receive()

    def send(self, frame):
        text = json.dumps(frame).encode()
        assert len(text) < 65536
        length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self.socket.sendall(b"\x81" + length + b"\0\0\0\0" + text)

    def open(self, call, method, request):
        self.send({"call": call, "open": {"method": method, "complete": True}, "json": request})

    def receive(self):
        """The next frame; an int, the close code, at the end. Answers pings."""
        first, length = self.input.read(2)
        if length == 126:
            length = int.from_bytes(self.input.read(2), "big")
        elif length == 127:
            length = int.from_bytes(self.input.read(8), "big")
        content = self.input.read(length)
        if first & 0x0F == 8:
            self.socket.sendall(b"\x88\x82\0\0\0\0" + content[:2])
            self.socket.shutdown(socket.SHUT_WR)
            return int.from_bytes(content[:2], "big")
        return json.loads(content)

    def close(self):
        self.input.close()
        self.socket.close()


class Server:
    """One running program on a free port."""

    def __init__(self, *flags, data=None, limit=None):
        set_limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit)) if limit else None
        self.own_data = tempfile.TemporaryDirectory(prefix="trireme-test-")
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [PROGRAM, "--port", "0", "--data", data or self.own_data.name, *flags],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            preexec_fn=set_limit,
        )
        greeting = self.process.stdout.readline()
        found = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", greeting)
        assert found, (greeting, self.stderr())
        self.port = int(found.group(1))

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def healthy(self, connection):
        """Asks on a connection that is kept."""
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while not answer.endswith(b"\r\n\r\nok\n"):
            more = connection.recv(4096)
            assert more, answer
            answer += more
        return answer.startswith(b"HTTP/1.1 200 ")

    def refuses_connections(self):
        """Turns true once the server drains; asks until then."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                self.connect().close()
            except (ConnectionRefusedError, ConnectionResetError):
                return True
        return False

    def exit_code(self):
        return self.process.wait(timeout=PATIENCE)

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        self.own_data.cleanup()


def run(*flags):
    return subprocess.run([PROGRAM, *flags], capture_output=True, text=True, timeout=PATIENCE)


class FlagsTest(unittest.TestCase):
    def test_help_names_every_flag_and_exits_with_0(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for flag in ("--host", "--port", "--data", "--workers", "--web"):
            self.assertIn(flag, done.stdout)

    def assert_one_line(self, done, *parts):
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Atrireme_server: [^\n]+\n\Z")
        for part in parts:
            self.assertIn(part, done.stderr)

    def test_wrong_flags_are_told_in_one_line(self):
        self.assert_one_line(run("--nope"), "--nope", "--help")
        self.assert_one_line(run("nope"), "nope")
        self.assert_one_line(run("--port", "70000"), "--port", "70000")
        self.assert_one_line(run("--port", "-1"), "--port")
        self.assert_one_line(run("--workers", "many"), "--workers", "many")
        self.assert_one_line(run("--workers", "1025"), "--workers", "1025")
        self.assert_one_line(run("--data"), "--data")

    def test_a_port_in_use_is_told_in_one_line(self):
        with tempfile.TemporaryDirectory() as data, socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            self.assert_one_line(run("--port", port, "--data", data), "already in use", "127.0.0.1:" + port)

    def test_a_host_that_is_not_ours_is_told_in_one_line(self):
        with tempfile.TemporaryDirectory() as data:
            self.assert_one_line(run("--host", "192.0.2.1", "--port", "0", "--data", data), "192.0.2.1")

    def test_a_data_folder_that_cannot_be_is_told_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "file")
            file.write_text("not a folder")
            self.assert_one_line(run("--port", "0", "--data", f"{file}/data"), "data folder", f"{file}/data")

    def test_a_history_that_is_none_is_told_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "chat.db")
            file.write_text("x" * 8192)
            self.assert_one_line(run("--port", "0", "--data", folder), "not a database", str(file))
            self.assertEqual(file.read_text(), "x" * 8192)

    def test_a_page_that_is_missing_is_told_in_one_line(self):
        with tempfile.TemporaryDirectory() as data:
            web = f"{data}/nowhere"
            self.assert_one_line(run("--port", "0", "--data", data, "--web", web), "static files", web)


class RunningTest(unittest.TestCase):
    def start(self, *flags, **given):
        server = Server(*flags, **given)
        self.addCleanup(server.close)
        return server

    def keep(self, connection):
        self.addCleanup(connection.close)
        return connection

    def test_the_first_answer_comes_within_3_seconds(self):
        begun = time.monotonic()
        server = self.start()
        self.assertTrue(server.healthy(self.keep(server.connect())))
        self.assertLess(time.monotonic() - begun, 3)

    def test_it_takes_as_many_descriptors_as_it_may_have(self):
        server = self.start(limit=(256, 5000))
        limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
        self.assertRegex(limits, r"Max open files\s+5000\s+5000\s")
        self.assertEqual(server.stderr(), "")

    def test_it_warns_where_descriptors_are_few(self):
        server = self.start(limit=(256, 1000))
        self.assertRegex(server.stderr(), r"\A[^\n]*warning[^\n]* only 1000 descriptors [^\n]*\n\Z")
        self.assertTrue(server.healthy(self.keep(server.connect())))

    def assert_drains(self, number):
        server = self.start("--workers", "1")
        idle = self.keep(server.connect())
        self.assertTrue(server.healthy(idle))
        quiet = self.keep(Session(server.port))
        busy = self.keep(Session(server.port))
        busy.open(1, "/trireme.primes.v1.Primes/Watch", {"limit": "2000000000"})
        first = busy.receive()
        self.assertEqual(first["json"].get("complete", False), False)
        server.process.send_signal(number)
        self.assertTrue(server.refuses_connections())
        self.assertEqual(quiet.receive(), 1001)
        self.assertEqual(idle.recv(1), b"")
        while not first["json"].get("complete", False):
            first = busy.receive()
            busy.send({"call": 1, "credit": {"messages": 1}})
        self.assertEqual(first["json"]["count"], "98222287")
        self.assertEqual(busy.receive(), {"call": 1, "status": {}})
        self.assertEqual(busy.receive(), 1001)
        self.assertEqual(server.exit_code(), 0)
        self.assertRegex(server.stderr(), r"\A[^\n]*draining\n\Z")

    def test_sigterm_drains_and_exits_with_0(self):
        self.assert_drains(signal.SIGTERM)

    def test_sigint_drains_and_exits_with_0(self):
        self.assert_drains(signal.SIGINT)

    def test_a_drain_does_not_wait_for_those_who_chat(self):
        server = self.start()
        chats = self.keep(Session(server.port))
        chats.open(1, "/trireme.chat.v1.Chat/Join", {"room": "den", "name": "ann"})
        self.assertIn("welcome", chats.receive()["json"])
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        told = chats.receive()
        while "status" not in told:
            told = chats.receive()
        self.assertEqual(told["status"]["code"], 14)
        self.assertEqual(chats.receive(), 1001)
        self.assertEqual(server.exit_code(), 0)
        self.assertLess(time.monotonic() - begun, 5)

    def test_a_signal_before_any_client_exits_at_once(self):
        server = self.start()
        begun = time.monotonic()
        server.process.terminate()
        self.assertEqual(server.exit_code(), 0)
        self.assertLess(time.monotonic() - begun, 2)

    def test_a_call_without_end_is_cut_off_after_a_while(self):
        server = self.start("--workers", "1")
        busy = self.keep(Session(server.port))
        busy.open(1, "/trireme.primes.v1.Primes/Watch", {"limit": "1000000000000"})
        self.assertIn("json", busy.receive())
        server.process.terminate()
        frame = busy.receive()
        while "json" in frame:
            busy.send({"call": 1, "credit": {"messages": 1}})
            frame = busy.receive()
        self.assertEqual(frame["status"]["code"], 14)
        self.assertEqual(busy.receive(), 1001)
        self.assertEqual(server.exit_code(), 0)

    def test_a_second_signal_exits_at_once(self):
        server = self.start("--workers", "1")
        busy = self.keep(Session(server.port))
        busy.open(1, "/trireme.primes.v1.Primes/Watch", {"limit": "1000000000000"})
        self.assertIn("json", busy.receive())
        server.process.terminate()
        self.assertTrue(server.refuses_connections())
        self.assertIsNone(server.process.poll())
        begun = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.exit_code(), 1)
        self.assertLess(time.monotonic() - begun, 2)

    def test_what_was_said_is_there_after_a_restart(self):
        with tempfile.TemporaryDirectory() as data:
            heard = []
            for text in ("one", "two"):
                server = self.start(data=data)
                ann = self.keep(Session(server.port))
                ann.open(1, "/trireme.chat.v1.Chat/Join", {"room": "den", "name": "ann"})
                frame = ann.receive()
                while "welcome" not in frame.get("json", {}):
                    frame = ann.receive()
                heard.append([each["text"] for each in frame["json"]["welcome"].get("history", [])])
                member = frame["json"]["welcome"]["self"]["id"]
                ann.open(2, "/trireme.chat.v1.Chat/Say", {"room": "den", "member": member, "text": text})
                while frame.get("call") != 2 or "status" not in frame:
                    frame = ann.receive()
                server.process.kill()
                server.exit_code()
            self.assertEqual(heard, [[], ["one"]])


if __name__ == "__main__":
    unittest.main()
