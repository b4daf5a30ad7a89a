"""The broker as a program sees it: JSON-RPC over a Unix socket, one message a line."""

import json
import socket
import sys

# Somebody, or a poll, was quicker (the contract's `prompt_stale`).
STALE = -32007


class Broker:
    """A connection to the broker."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Every call ends by itself sooner than this.
        self.socket.settimeout(120)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rb")
        self.calls = 0
        self.early = []

    def send(self, method, **params):
        self.calls += 1
        call = {"jsonrpc": "2.0", "id": self.calls, "method": method, "params": params}
        self.socket.sendall(json.dumps(call).encode() + b"\n")
        return self.calls

    def receive(self):
        """The next message, those first that came while an answer was awaited."""
        return self.early.pop(0) if self.early else self.read()

    def read(self):
        line = self.lines.readline()
        if not line:
            sys.exit("ann: the broker hung up")
        return json.loads(line)

    def call(self, method, **params):
        number = self.send(method, **params)
        while True:
            message = self.read()
            if message.get("id") == number:
                return message
            self.early.append(message)


def result(message):
    if "error" in message:
        error = message["error"]
        words = [m["text"] for m in error.get("data", {}).get("messages", [])]
        hint = error.get("data", {}).get("hint")
        sys.exit("\nhint: ".join(filter(None, [" ".join([f"ann: {error['message']}"] + words), hint])))
    return message["result"]
