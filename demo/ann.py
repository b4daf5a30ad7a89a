#!/usr/bin/env python3
"""Ann, whom the simulator knows: what she does where there is no Ann.

  ann.py sign-in --socket PATH --simulator URL [PROFILE]   answers the prompts of a sign-in
  ann.py read-mail --simulator URL                         shows codes on the terminal as they come

She knows the broker by its socket alone: JSON-RPC, one message a line. Codes reach her as they reach
anybody, by mail or phone, and those she reads at the simulator. Standard library only.
"""

import argparse
import base64
import hmac
import json
import socket
import struct
import sys
import time
import urllib.error
import urllib.request

NAME = "ann@example.com"
PASSWORD = "correct horse battery staple"
SECURITY_ANSWER = "okra stew"
TOTP_SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


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
                return result(message)
            self.early.append(message)


def result(message):
    if "error" in message:
        error = message["error"]
        hint = error.get("data", {}).get("hint")
        sys.exit(f"ann: {error['message']}" + (f"\nhint: {hint}" if hint else ""))
    return message["result"]


def outbox(simulator):
    with urllib.request.urlopen(simulator + "/simulator/outbox", timeout=10) as answer:
        return json.load(answer)


def totp(seed):
    """The code of the moment (RFC 6238)."""
    key = base64.b32decode(seed)
    mac = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    offset = mac[-1] & 15
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


class SignIn:
    def __init__(self, broker, simulator):
        self.broker = broker
        self.simulator = simulator
        self.read = len(outbox(simulator))

    def run(self, profile):
        self.broker.call("prompt.attach", profiles=[profile])
        login = self.broker.send("session.login", profile=profile, timeout=60)
        while True:
            message = self.broker.receive()
            if message.get("id") == login:
                return result(message)["session"]
            if message.get("method") == "prompt.show":
                self.converse(message["params"]["prompt"])

    def converse(self, prompt):
        """Answers a prompt and those that follow it."""
        while prompt:
            self.show(prompt)
            form, fields = self.answer(prompt)
            outcome = self.broker.call(
                "prompt.answer", prompt=prompt["id"], form=form["id"], fields=fields
            )
            prompt = outcome.get("prompt")
            if any(m.get("level") == "error" for m in (prompt or {}).get("messages", [])):
                self.show(prompt)
                sys.exit("ann: she did as she was asked, and it was refused")

    def show(self, prompt):
        print(f"  {prompt['title']}")
        for message in prompt.get("messages", []):
            print(f"    {message['text']}")

    def answer(self, prompt):
        """The first form that she has an answer to, with that answer."""
        for form in prompt["forms"]:
            if form["kind"] not in ("form", "action") or not self.leads_on(form):
                continue
            known = [(f, self.value(f, prompt)) for f in form.get("fields", [])]
            if any(value is None and field.get("required") for field, value in known):
                continue
            fields = {f["name"]: value for f, value in known if value is not None}
            for field, value in known:
                if value is not None:
                    print(f"    {field.get('label') or field['name']}: {self.said(field, value)}")
            return form, fields
        sys.exit("ann: there is no form here that she can fill in")

    @staticmethod
    def leads_on(form):
        """Not a detour, such as another way to verify or a code sent once more."""
        return form["kind"] == "form" or not form["remediation"].endswith(
            (".recover", ".resend", ".send")
        )

    @staticmethod
    def said(field, value):
        if field.get("secret"):
            return "********"
        chosen = value["id"] if isinstance(value, dict) else value
        for choice in field.get("choices", []):
            if choice["id"] == chosen:
                return choice.get("label", chosen)
        return value

    def value(self, field, prompt):
        if field["type"] == "choice":
            return self.choice(field, prompt)
        name = field["name"]
        if name == "identifier":
            return NAME
        if name.startswith("credentials.") and name != "credentials.questionKey":
            return self.credential(prompt)
        return None

    def choice(self, field, prompt):
        choices = field.get("choices", [])
        if not choices:
            return None
        # A password first, where there is a choice: that is what most people do.
        chosen = next((c for c in choices if "password" in c["id"]), choices[0])
        nested = {
            f["name"]: value
            for f in chosen.get("fields", [])
            if (value := self.value(f, prompt)) is not None
        }
        return {"id": chosen["id"], "fields": nested} if nested else chosen["id"]

    def credential(self, prompt):
        key = (prompt.get("authenticator") or {}).get("key", "okta_password")
        if key == "okta_password":
            return PASSWORD
        if key == "security_question":
            return SECURITY_ANSWER
        if key == "google_otp":
            return totp(TOTP_SEED)
        return self.code_of_the_mail()

    def code_of_the_mail(self):
        """The code of a message that she has not read yet."""
        messages = outbox(self.simulator)
        if len(messages) <= self.read:
            return None
        self.read = len(messages)
        mail = messages[-1]
        print(f"    ({mail['kind']} to {mail['recipient']}: {mail['code']})")
        return mail["code"]


def read_mail(simulator):
    """Puts each new message on a line of its own above the one that is being typed at."""
    known = 0
    with open("/dev/tty", "w", encoding="utf-8") as terminal:
        while True:
            try:
                messages = outbox(simulator)
            except (urllib.error.URLError, OSError):
                return
            for mail in messages[known:]:
                text = f"  [{mail['kind']} to {mail['recipient']}: {mail['code']}]"
                # Down and up: there is a line below now. Then a line is put in above, written,
                # and the cursor goes back to where it was, which is one line lower.
                terminal.write(f"\x1bD\x1bM\x1b7\r\x1b[L{text}\x1b8\x1b[B")
                terminal.flush()
            known = len(messages)
            time.sleep(0.3)


def main():
    parser = argparse.ArgumentParser(description="Ann's side of a sign-in at the simulator.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    sign_in = verbs.add_parser("sign-in")
    sign_in.add_argument("--socket", required=True)
    sign_in.add_argument("--simulator", required=True)
    sign_in.add_argument("profile", nargs="?", default="demo")
    mail = verbs.add_parser("read-mail")
    mail.add_argument("--simulator", required=True)
    options = parser.parse_args()
    if options.verb == "read-mail":
        read_mail(options.simulator)
        return
    session = SignIn(Broker(options.socket), options.simulator).run(options.profile)
    print(f"  signed in to {session['profile']} as {session['subject']}")


if __name__ == "__main__":
    main()
