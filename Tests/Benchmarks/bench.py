#!/usr/bin/env python3
"""Measures Remedy beside its peers, and prints one table. Called by `run`; README.md says what.

What is compared is measured in turns: ours, theirs, ours, theirs. A ratio is taken within each round,
and the median of the rounds is what counts, so that a machine that is busy with other things
disturbs both sides of a ratio alike.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import time

import peer
import sealed
from house import SIGNED_IN, Caller, House
from table import Measure, Target, median, show

REQUEST = (
    '{"jsonrpc":"2.0","id":1,"method":"token.get","params":{"profile":"held","min_ttl":60}}\n'
)
SECONDS = 0.4
ROUNDS = 9
MANY = 100_000

PARTS = [
    "sequence", "parallel", "connect", "ready", "memory", "disturbed", "callers", "sessions",
    "beside", "copies",
]  # fmt: skip

TARGETS = {
    "sequence": Target(0.60, 0.80, is_rate=True),
    "parallel": Target(0.40, 0.60, is_rate=True),
    "connect": Target(1.15, 1.5, is_rate=True),
    "command": Target(1.0, 0.8),
    "ready, empty": Target(15, 10, " ms"),
    "ready, full": Target(50, 25, " ms"),
    "idle": Target(22, 18, " MB"),
    "renewed": Target(27, 22, " MB"),
    "connections": Target(9, 5, " MB"),
    "disturbed": Target(3, 1.5),
    "copies": Target(2, 1, " "),
    "sessions": Target(0.9, 1.0, is_rate=True),
    "refreshes": Target(1, 1, " "),
}


class Bench:
    def __init__(self, house):
        self.house = house
        self.measures = []

    def add(self, name, figure, value=None, target=None, rounds=()):
        self.measures.append(
            Measure(name, figure, value, TARGETS.get(target), list(rounds))
        )

    # Set-up

    def set_up(self):
        """An issuer, a vault with a session of each profile, and a service that holds them."""
        house = self.house
        house.start_simulator()
        house.write_configuration()
        os.makedirs(house.path("empty"), mode=0o700)
        os.makedirs(house.path("main"), mode=0o700)
        process = house.start_service("main")
        for profile in SIGNED_IN:
            house.sign_in("main", profile)
        house.end(process)
        for copy in ["memory", "busy", "full"]:
            house.copy_state("main", copy)
        sealed.multiply(house.path("full"), "held", os.getuid(), 1000)
        self.service = house.start_service("main", core=house.core)
        caller = Caller(house.path("main.sock"))
        line = caller.call("token.get", profile="held", min_ttl=60)
        caller.close()
        self.token = json.loads(line)["result"]["access_token"]
        with open(house.path("payload"), "wb") as file:
            file.write(line)
        self.echo_socket = house.path("echo.sock")
        house.start(
            [house.tool("echo"), self.echo_socket, house.path("payload")], core=house.core
        )
        house.await_until(lambda: os.path.exists(self.echo_socket), "the echo")
        self.socket = house.path("main.sock")
        self.payload = len(line)

    # Measuring

    def load(self, way, path, *rest, core=None, request=REQUEST):
        house = self.house
        command = [house.tool("load"), way, path, request, str(SECONDS), *map(str, rest)]
        return json.loads(house.output(command, core=house.core if core is None else core))

    def in_turns(self, ours, theirs):
        """Both, several times, in turns."""
        pairs = []
        for _ in range(ROUNDS):
            pairs.append((ours(), theirs()))
        return [ours for ours, _ in pairs], [theirs for _, theirs in pairs]

    def compare_rates(self, name, target, ours, theirs, peer_name):
        mine, other = self.in_turns(ours, theirs)
        ratios = [a["rate"] / b["rate"] for a, b in zip(mine, other)]

        def of(runs, what):
            return median([run[what] for run in runs])

        figure = (
            f"{of(mine, 'rate'):,.0f}/s, {peer_name} {of(other, 'rate'):,.0f}/s; "
            f"p50 {of(mine, 'p50'):.0f} and {of(other, 'p50'):.0f}, "
            f"p99 {of(mine, 'p99'):.0f} and {of(other, 'p99'):.0f} us"
        )
        self.add(name, figure, median(ratios), target, ratios)

    def sequence(self):
        self.compare_rates(
            "held token, one call after the other / C echo", "sequence",
            lambda: self.load("sequence", self.socket),
            lambda: self.load("sequence", self.echo_socket), "echo",
        )  # fmt: skip

    def parallel(self):
        for depth, words in [(1, "64 connections / C echo"), (16, "the same, 16 calls each")]:
            self.compare_rates(
                words, "parallel" if depth == 1 else None,
                lambda: self.load("parallel", self.socket, 64, depth),
                lambda: self.load("parallel", self.echo_socket, 64, depth), "echo",
            )  # fmt: skip

    def connect(self):
        name = "connect, ask, close / oidc-agent"
        if not peer.is_installed():
            self.add(name, "skipped: oidc-agent is not installed")
            self.add("whole process: remedy token / oidc-token", "skipped, too")
            return
        agent = peer.Agent(self.house, self.token)
        self.compare_rates(
            name, "connect", lambda: self.load("connect", self.socket, "line"),
            lambda: self.load("connect", agent.socket, "end", request=peer.REQUEST), "agent",
        )  # fmt: skip
        self.command(agent)
        agent.close(self.house)

    def command(self, agent):
        house = self.house
        command = [house.tool("stopwatch"), "exit", "300"]
        command += ["--", house.command, "token", "held", "--", "oidc-token", "bench"]
        environment = {**agent.environment, "REMEDY_SOCKET": self.socket}
        ours, theirs = json.loads(house.output(command, house.core, environment))
        # A median of 300 turns; the rounds that the spread is taken of are of 30 each.
        rounds = [
            median(ours[start : start + 30]) / median(theirs[start : start + 30])
            for start in range(0, len(ours), 30)
        ]
        figure = f"{median(ours):.2f} ms, oidc-token {median(theirs):.2f} ms"
        value = median(ours) / median(theirs)
        self.add("whole process: remedy token / oidc-token", figure, value, "command", rounds)

    def ready(self):
        house = self.house
        command = [house.tool("stopwatch"), "ready", "25"]
        command += ["--", *house.service_command("empty"), "--", *house.service_command("full")]
        empty, full = json.loads(house.output(command, house.core))
        for name, times, target in [
            ("start to READY, empty vault", empty, "ready, empty"),
            ("start to READY, 1,000 sessions", full, "ready, full"),
        ]:
            self.add(name, f"best {min(times):.1f} ms of 25", median(times), target, times)

    def memory(self):
        house = self.house
        process = house.start_service("memory")
        # The configuration and the vault are read; what happens at the start has happened.
        time.sleep(0.5)
        idle = resident(process.pid)
        self.add(f"resident: idle, {len(SIGNED_IN)} sessions", source_of_resident(process.pid), idle, "idle")
        caller = Caller(house.path("memory.sock"))
        # A session of its own: the other copies of it have a refresh token that is used up then.
        caller.call("token.get", profile="once", force_refresh=True)
        caller.close()
        renewed = resident(process.pid)
        self.add("resident: after a refresh over TLS", "", renewed, "renewed")
        callers = [Caller(house.path("memory.sock")) for _ in range(1000)]
        callers[-1].call("broker.info")
        grown = resident(process.pid) - renewed
        self.add("resident: 1,000 idle connections, added", "", grown, "connections")
        for caller in callers:
            caller.close()
        house.end(process)

    def disturbed(self):
        """A second service, beside or in which things are under way that take long."""
        house = self.house
        process = house.start_service("busy", core=house.core)
        path = house.path("busy.sock")
        for kind, profile in [("slow", "slow"), ("black-hole", "hung")]:
            fault = {"kind": kind, "path": f"/oauth2/{profile}/v1/token", "persistent": True}
            house.control("faults", {**fault, "delay_seconds": 3})
        prompter = Caller(path)
        prompter.call("prompt.attach")
        prompter.send("session.login", profile="asked", timeout=600)
        while b"prompt.show" not in prompter.lines.readline():
            pass
        hung = Caller(path)

        def while_slow():
            beside = [self.start_renewing(path, "slow"), self.start_deriving()]
            hung.send("token.get", profile="hung", force_refresh=True, timeout=600)
            result = self.load("sequence", path)
            for process in beside:
                house.end(process)
            return result

        def while_renewing():
            renewing = self.start_renewing(path, "renewed")
            result = self.load("sequence", path)
            house.end(renewing)
            return result

        self.compare_p99("p99 beside four slow things / idle", while_slow)
        before = house.requests("/renewed/v1/token")
        self.compare_p99("p99 beside refreshes that succeed / idle", while_renewing)
        renewals = house.requests("/renewed/v1/token") - before
        self.measures[-1].figure += f"; {renewals} refreshes in {ROUNDS * SECONDS:.1f} s"
        for caller in [prompter, hung]:
            caller.close()
        house.end(process)

    def start_renewing(self, path, profile):
        """One refresh over TLS after the other, asked for from the other core."""
        house = self.house
        before = house.requests(f"/{profile}/v1/token")
        command = [sys.executable, os.path.abspath(__file__), "--renew", path, profile]
        process = house.start(command, core=house.other_core)
        house.await_until(
            lambda: house.requests(f"/{profile}/v1/token") > before, "a refresh", process
        )
        return process

    def start_deriving(self):
        """The key of a passphrase, derived again and again, on the other core.

        A broker derives one while its vault is shut, and holds no token then: so it is another's.
        """
        house = self.house
        script = (
            'while :; do rm -rf "$1"; cp -r "$0" "$1"; echo of no worth '
            '| "$2" vault rekey --config "$3" --state "$1" --to passphrase; done'
        )
        copy = house.path("rekeyed")
        shutil.rmtree(copy, ignore_errors=True)
        paths = [house.path("main"), copy, house.service, house.path("remedy.toml")]
        process = house.start(["sh", "-ec", script, *paths], core=house.other_core)
        house.await_until(lambda: os.path.exists(copy), "the key's derivation", process)
        return process

    def compare_p99(self, name, busy):
        mine, other = self.in_turns(busy, lambda: self.load("sequence", self.socket))
        ratios = [a["p99"] / b["p99"] for a, b in zip(mine, other)]
        figure = (
            f"{median([a['p99'] for a in mine]):.1f} us, "
            f"idle {median([b['p99'] for b in other]):.1f} us"
        )
        self.add(name, figure, median(ratios), "disturbed", ratios)

    def sessions(self):
        """The held token's rate with as many sessions as one machine will ever have."""
        house = self.house
        name = f"held token with {MANY:,} sessions / with 10"
        if available() < 4096:
            self.add(name, "skipped: it takes 4 GB of memory", target="sessions")
            return
        for state, count in [("ten", 10), ("many", MANY)]:
            house.copy_state("main", state)
            added = count - len(SIGNED_IN)
            sealed.multiply(house.path(state), "held", os.getuid(), added)
        few = house.start_service("ten", core=house.core)
        start = time.monotonic()
        many = house.start_service("many", core=house.core)
        seconds = time.monotonic() - start
        self.compare_rates(
            name, "sessions", lambda: self.load("sequence", house.path("many.sock")),
            lambda: self.load("sequence", house.path("ten.sock")), "with 10",
        )  # fmt: skip
        self.measures[-1].figure += f"; loaded in {seconds:.1f} s, {resident(many.pid):,.0f} MB"
        for process in [few, many]:
            house.end(process)

    def callers(self):
        """A hundred connections that want a new token while the issuer takes a second."""
        house = self.house
        path = house.path("main.sock")
        house.control(
            "faults", {"kind": "slow", "path": "/oauth2/late/v1/token", "delay_seconds": 1}
        )
        before = house.requests("/late/v1/token")
        callers = [Caller(path) for _ in range(100)]
        for caller in callers:
            caller.send("token.get", profile="late", force_refresh=True)
        tokens = {json.loads(caller.lines.readline())["result"]["access_token"] for caller in callers}
        for caller in callers:
            caller.close()
        self.add(
            "100 callers of a token to be renewed: requests", f"{len(tokens)} token for all",
            house.requests("/late/v1/token") - before, "refreshes",
        )  # fmt: skip

    def beside(self):
        """Another build of the service, where one was named."""
        house = self.house
        if not house.other_service:
            return
        house.copy_state("main", "other")
        process = house.start_service("other", core=house.core, program=house.other_service)
        path = house.path("other.sock")
        for words, way in [
            ("one call after the other", ["sequence"]), ("64 connections", ["parallel", 64, 1]),
            ("64 connections, 16 calls each", ["parallel", 64, 16]),
            ("connect, ask, close", ["connect", "line"]),
        ]:  # fmt: skip
            def load(socket, way=way):
                return self.load(way[0], socket, *way[1:])

            self.compare_rates(
                f"this build / the other: {words}", None, lambda: load(self.socket),
                lambda: load(path), "the other",
            )  # fmt: skip
        house.end(process)

    def copies(self):
        name = "full copies of a held token after 10,000 answers"
        caller = Caller(self.socket)
        for _ in range(10_000):
            caller.call("token.get", profile="held")
        caller.close()
        try:
            count = occurrences(self.service.pid, self.token.encode())
        except PermissionError:
            self.add(name, "skipped: only root may read the service's memory")
            return
        self.add(name, "", count, "copies")


def available():
    """Megabytes of memory that can still be had."""
    with open("/proc/meminfo", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("MemAvailable:"))
    return int(line.split()[1]) / 1024


def resident(pid):
    """Resident memory in megabytes."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            line = next(line for line in file if line.startswith("Rss:"))
    except PermissionError:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def source_of_resident(pid):
    """Where that was read: the service hides its memory from its own user."""
    return "Rss of smaps_rollup" if os.access(f"/proc/{pid}/smaps_rollup", os.R_OK) else "VmRSS"


def occurrences(pid, needle):
    """How often these bytes stand in the memory of a process."""
    count = 0
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps:
        regions = [line.split()[:2] for line in maps]
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for place, access in regions:
            if not access.startswith("r"):
                continue
            start, end = (int(part, 16) for part in place.split("-"))
            try:
                memory.seek(start)
                content = memory.read(end - start)
            except (OSError, OverflowError):
                continue
            count += content.count(needle)
    return count


def renew(path, profile):
    """Refreshes a session over and over, until it is ended."""
    caller = Caller(path)
    while True:
        caller.call("token.get", profile=profile, force_refresh=True)


def main():
    parser = argparse.ArgumentParser(description="Measures Remedy beside its peers.")
    parser.add_argument("--private", help="a directory of its own")
    parser.add_argument("--service", help="remedyd")
    parser.add_argument("--command", help="remedy")
    parser.add_argument("--simulator", help="remedy-simulator")
    parser.add_argument("--beside", help="another build of remedyd, to be compared with", default="")
    parser.add_argument("--only", help="measure only this", default="")
    parser.add_argument("--renew", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.renew:
        renew(*options.renew)
    house = House(options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench(house)
    try:
        print("measuring, which takes about a minute …", file=sys.stderr)
        bench.set_up()
        for part in PARTS:
            if options.only in part:
                getattr(bench, part)()
    except (RuntimeError, OSError) as error:
        sys.exit(f"bench: {error}")
    finally:
        house.end_all()
    print(
        f"\nA held token of {len(bench.token)} bytes in an answer of {bench.payload}, "
        f"medians of {ROUNDS} rounds in turns, on cores {house.core} and {house.other_core}.\n"
    )
    print(show(bench.measures))


if __name__ == "__main__":
    main()
