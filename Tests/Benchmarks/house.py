"""The programs that are measured, in a private directory: started, signed in to, asked, and ended.

Everything here ends with the process that started it; nothing is left behind.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ANN = os.path.join(HERE, "../../demo/ann.py")

# One custom authorization server for each part that a profile plays. The first one's audience makes
# its access tokens some 1.2 KB long, which is what they are in the field.
SIGNED_IN = ["held", "hung", "slow", "late", "renewed", "once"]
PROFILES = [*SIGNED_IN, "asked"]
SCENARIO = {
    "name": "bench",
    "sentence": "For measuring.",
    "authorization_servers": [
        {"id": name, "audience": "api://bench/" + ("held-" * 68 if name == "held" else name)}
        for name in PROFILES
    ],
}


class House:
    """The private directory and what runs in it."""

    def __init__(self, options):
        self.private = options.private
        self.service = os.path.abspath(options.service)
        self.other_service = options.beside and os.path.abspath(options.beside)
        self.command = os.path.abspath(options.command)
        self.simulator_program = os.path.abspath(options.simulator)
        self.running = []
        cores = sorted(os.sched_getaffinity(0))
        # What is measured has one core, what it must not be disturbed by the other, if there is one.
        self.core, self.other_core = cores[0], cores[-1]

    def path(self, *parts):
        return os.path.join(self.private, *parts)

    def tool(self, name):
        return self.path(name)

    # Processes

    def pinned(self, command, core=None):
        return ["taskset", "-c", str(self.core if core is None else core), *command]

    def start(self, command, core=None, output=None, environment=None):
        """Starts a program that runs until `end`."""
        log = open(self.path("log"), "ab")
        process = subprocess.Popen(
            self.pinned(command, core) if core is not None else command,
            stdin=subprocess.DEVNULL, stdout=output or log, stderr=log,
            env={**os.environ, **(environment or {})}, start_new_session=True,
        )  # fmt: skip
        log.close()
        self.running.append(process)
        return process

    def end(self, process):
        """Ends it, and what it has started."""
        if process in self.running:
            self.running.remove(process)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def end_all(self):
        for process in reversed(list(self.running)):
            self.end(process)

    def output(self, command, core=None, environment=None, timeout=60):
        """What a program prints that ends by itself."""
        done = subprocess.run(
            self.pinned(command, core), capture_output=True, timeout=timeout,
            stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})},
        )  # fmt: skip
        if done.returncode != 0:
            words = done.stderr.decode(errors="replace").strip()
            raise RuntimeError(f"{os.path.basename(command[0])}: {words}")
        return done.stdout.decode()

    # The issuer

    def start_simulator(self):
        with open(self.path("scenario.json"), "w", encoding="utf-8") as file:
            json.dump(SCENARIO, file)
        os.makedirs(self.path("tls"))
        announced = self.path("announced")
        with open(announced, "wb") as output:
            self.start(
                [self.simulator_program, "--scenario", self.path("scenario.json"), "--port", "0",
                 "--tls", self.path("tls"), "--host", "localhost"],
                core=self.other_core, output=output,
            )  # fmt: skip
        self.await_until(lambda: os.path.getsize(announced) > 0, "the simulator")
        with open(announced, encoding="utf-8") as file:
            self.issuer = json.load(file)
        # For urllib, here and in Ann's script.
        os.environ["SSL_CERT_FILE"] = self.issuer["ca_file"]

    def control(self, what, value):
        """Does something to the running organisation."""
        request = urllib.request.Request(
            f"{self.issuer['origin']}/simulator/{what}", data=json.dumps(value).encode()
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def requests(self, path):
        """How many came to a path so far."""
        with urllib.request.urlopen(
            f"{self.issuer['origin']}/simulator/counts", timeout=10
        ) as answer:
            return sum(count for name, count in json.load(answer).items() if path in name)

    # The broker

    def write_configuration(self):
        lines = ["[limits]", "connections_per_uid = 2000"]
        for name in PROFILES:
            lines += [
                f"[profile.{name}]",
                f'issuer = "{self.issuer["origin"]}/oauth2/{name}"',
                f'client_id = "{self.issuer["client_id"]}"',
                f'redirect_uri = "{self.issuer["redirect_uri"]}"',
                f'ca_file = "{self.issuer["ca_file"]}"',
            ]
        with open(self.path("remedy.toml"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def service_command(self, state, program=None):
        return [
            program or self.service, "--user", "--config", self.path("remedy.toml"),
            "--socket", self.path(f"{state}.sock"), "--state", self.path(state),
        ]  # fmt: skip

    def start_service(self, state, core=None, program=None):
        """Starts remedyd on a state folder.

        The socket bears the folder's name.
        """
        process = self.start(self.service_command(state, program), core=core)
        self.await_until(lambda: can_connect(self.path(f"{state}.sock")), "remedyd", process, 60)
        return process

    def sign_in(self, state, profile):
        command = [sys.executable, ANN, "sign-in", "--socket", self.path(f"{state}.sock")]
        subprocess.run(
            [*command, "--simulator", self.issuer["origin"], profile],
            check=True, timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def copy_state(self, state, copy):
        shutil.copytree(self.path(state), self.path(copy))

    def await_until(self, condition, what, process=None, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            if process is not None and process.poll() is not None:
                raise RuntimeError(f"{what} has ended; its log ends:\n{self.end_of_log()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{what} does not come up; its log ends:\n{self.end_of_log()}")
            time.sleep(0.01)

    def end_of_log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-12:])


class Caller:
    """A connection to the broker, for what is not measured."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.socket.settimeout(30)
        self.lines = self.socket.makefile("rb")

    def send(self, method, **params):
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.socket.sendall(json.dumps(call).encode() + b"\n")

    def call(self, method, **params):
        """The answer's line; an error ends the measuring."""
        self.send(method, **params)
        while True:
            line = self.lines.readline()
            if not line:
                raise RuntimeError(f"the broker hung up in {method}")
            message = json.loads(line)
            if message.get("id") != 1:
                continue
            if "error" in message:
                raise RuntimeError(f"{method}: {message['error']}")
            return line

    def close(self):
        self.lines.close()
        self.socket.close()


def can_connect(path):
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as attempt:
            attempt.connect(path)
        return True
    except OSError:
        return False
