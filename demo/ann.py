#!/usr/bin/env python3
"""Ann, whom the simulator knows: what she does where there is no Ann.

  ann.py sign-in --socket PATH --simulator URL [--flow FLOW] [PROFILE]   answers the prompts
  ann.py read-mail --simulator URL                    shows codes on the terminal as they come

She knows the broker by its socket alone: JSON-RPC, one message a line. Codes reach her as they reach
anybody, by mail or phone, and those she reads at the simulator; there she also plays the phone and
the browser. Standard library only.
"""

import argparse
import sys
import time
import urllib.error

from broker import STALE, Broker, result
from knowledge import (
    NAME, NEW_PASSWORD, PASSCODES, PASSWORD, SAYS, SECURITY_ANSWER, TOTP_SEEDS, totp,
)
from passkey import Passkey
from simulator import Simulator

def found(value, name):
    """The first member of that name, however deep."""
    if isinstance(value, dict):
        if isinstance(value.get(name), str):
            return value[name]
        value = list(value.values())
    if isinstance(value, list):
        return next((hit for part in value if (hit := found(part, name))), None)
    return None


class SignIn:
    def __init__(self, broker, simulator):
        self.broker = broker
        self.simulator = simulator
        self.read = len(simulator.outbox())
        self.password = PASSWORD
        self.key = None
        self.spoken = {}
        self.refusals = 0
        self.tried = []
        self.registers = False

    def run(self, profile, flow):
        """Signs in, or registers, recovers or unlocks first; what that leads to is a session."""
        result(self.broker.call("prompt.attach", profiles=[profile]))
        self.registers = flow == "register"
        used = set()
        way = {"flow": flow}
        for _ in range(4):
            outcome = self.login(profile, way)
            if outcome.get("session"):
                return outcome["session"]
            self.show({"title": "It is done.", "messages": outcome.get("messages", [])})
            # It goes on with the link of a mail, or with signing in.
            tokens = [m["token"] for m in self.simulator.outbox() if "token" in m]
            fresh = [token for token in tokens if token not in used]
            used.update(tokens)
            way = {}
            if fresh and self.registers:
                way = {"flow": "register", "activation_token": fresh[-1]}
        sys.exit("ann: it ends without a session, again and again")

    def login(self, profile, way):
        login = self.broker.send("session.login", profile=profile, timeout=60, **way)
        while True:
            message = self.broker.receive()
            if message.get("id") == login:
                return result(message)
            if message.get("method") in ("prompt.show", "prompt.update"):
                self.converse(message["params"]["prompt"])

    def converse(self, prompt):
        """Answers a prompt and those that follow it, until there is one that only time answers."""
        while prompt:
            self.show(prompt)
            answer = self.answer(prompt)
            if answer is None:
                return
            form, fields = answer
            message = self.broker.call(
                "prompt.answer", prompt=prompt["id"], form=form["id"], fields=fields
            )
            if message.get("error", {}).get("code") == STALE:
                return  # a poll was quicker, and its prompt is on its way
            prompt = result(message).get("prompt")
            refused = any(m["level"] == "error" for m in self.messages(prompt))
            self.refusals = self.refusals + 1 if refused else 0
            if self.refusals > 2:
                self.show(prompt)
                sys.exit("ann: she did as she was asked, and it was refused")

    @staticmethod
    def messages(prompt):
        """Those at the top, and those at fields."""
        fields = [f for form in (prompt or {}).get("forms", []) for f in form.get("fields", [])]
        return [m for part in [prompt or {}, *fields] for m in part.get("messages", [])]

    def show(self, prompt):
        print(f"  {prompt['title']}")
        for message in self.messages(prompt):
            print(f"    {message['text']}")

    # What she answers.

    def answer(self, prompt):
        """The first form that she has an answer to, with that answer; None where she waits."""
        forms = prompt["forms"]
        skip = next((f for f in forms if f["remediation"] == "skip"), None)
        if skip and self.refusals:
            return skip, {}
        # What only a machine with Okta Verify or a reader can do comes last.
        for form in sorted(forms, key=lambda form: form["kind"] == "unsupported"):
            if not self.leads_on(form):
                continue
            if form["kind"] == "poll":
                number = (prompt.get("context") or {}).get("number_challenge")
                for what in self.simulator.approve(number):
                    print(f"    (approves: {what})")
                return None
            if form["kind"] == "browser":
                there = self.simulator.browse(form["url"])
                if there is None:
                    sys.exit("ann: this takes a browser that has more than hers, a card perhaps")
                print(f"    (in a browser: back at {there})")
                return None
            if form["kind"] == "unsupported":
                if self.tried.count(form["id"]) == 2:
                    sys.exit("ann: this takes a machine that has more than hers")
                self.tried.append(form["id"])
            known = [(f, self.value(f, form, prompt)) for f in form.get("fields", [])]
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
        """Not a detour: another way to verify, a code sent once more, a poll beside a code."""
        return not form["remediation"].endswith(
            (".recover", ".resend", ".send", ".poll", ".cancel", "select-identify")
        )

    @staticmethod
    def said(field, value):
        if field.get("secret"):
            return "********"
        chosen = value["id"] if isinstance(value, dict) else value
        for choice in field.get("choices", []):
            if choice["id"] == chosen:
                return choice.get("label", chosen)
        return value if len(str(value)) < 60 else "…"

    def value(self, field, form, prompt):
        name = field["name"].split(".")[-1]
        if field["type"] == "choice":
            return self.choice(field, form, prompt)
        if field["type"] == "boolean":
            if name in ("rememberMe", "revokeSessions", "autoChallenge"):
                return None
            return name != "keepMeSignedIn"
        if field["type"] == "integer":
            return 40
        if field.get("computed"):
            return self.computed(name, prompt)
        if name == "identifier" or name == "email" and not self.registers:
            return NAME
        if field["name"].startswith("credentials.") and name not in SAYS:
            return self.credential(name, form, prompt)
        if name == "answer" and "enroll" not in form["remediation"]:
            return SECURITY_ANSWER
        told = SAYS.get(name) or found(prompt.get("context"), name)
        return told or field.get("value") or ("something" if field.get("required") else None)

    def choice(self, field, form, prompt):
        choices = field.get("choices", [])
        if not choices:
            return None
        # A password first, where there is a choice: that is what most people do.
        chosen = next((c for c in choices if "password" in str(c["id"])), choices[0])
        nested = {
            f["name"]: value
            for f in chosen.get("fields", [])
            if (value := self.value(f, form, prompt)) is not None
        }
        return {"id": chosen["id"], "fields": nested} if nested else chosen["id"]

    def computed(self, name, prompt):
        context = prompt.get("context") or {}
        if (prompt.get("authenticator") or {}).get("key") == "duo":
            for what in self.simulator.approve():
                print(f"    (approves: {what})")
            return self.simulator.response() if name == "signatureData" else None
        if name == "captchaToken":
            return "solved:" + (found(context.get("captcha"), "id") or "")
        if "webauthn" not in context:
            return None
        creates = "activationData" in context["webauthn"]
        if self.key is None:
            self.key = Passkey(registered=not creates)
        key = f"{id(prompt)}"
        if self.spoken.get("passkey") != key:
            self.spoken["passkey"] = key
            self.signed = self.key.answer(context["webauthn"])
        return self.signed.get(name)

    def credential(self, name, form, prompt):
        key = (prompt.get("authenticator") or {}).get("key", "okta_password")
        enrolls = form["remediation"].startswith(("enroll", "re"))
        if key == "okta_password":
            if enrolls:
                self.password = NEW_PASSWORD
            return self.password
        if key == "security_question":
            return SECURITY_ANSWER
        if key in TOTP_SEEDS:
            return totp((prompt.get("context") or {}).get("shared_secret") or TOTP_SEEDS[key])
        if key in ("okta_email", "phone_number"):
            return self.code_of_the_mail()
        if enrolls:
            return PASSCODES["yubikey_token"][0] if key == "yubikey_token" else "123456"
        codes = PASSCODES.get(key, [])
        place = self.spoken.get(key, 0)
        self.spoken[key] = place + 1
        return codes[min(place, len(codes) - 1)] if codes else None

    def code_of_the_mail(self):
        """The code of a message that she has not read yet."""
        messages = self.simulator.outbox()
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
                messages = simulator.outbox()
            except (urllib.error.URLError, OSError):
                return
            for mail in messages[known:]:
                text = f"  [{mail['kind']} to {mail['recipient']}: {mail.get('link') or mail['code']}]"
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
    sign_in.add_argument("--flow", default="authenticate")
    sign_in.add_argument("profile", nargs="?", default="demo")
    mail = verbs.add_parser("read-mail")
    mail.add_argument("--simulator", required=True)
    options = parser.parse_args()
    simulator = Simulator(options.simulator)
    if options.verb == "read-mail":
        read_mail(simulator)
        return
    session = SignIn(Broker(options.socket), simulator).run(options.profile, options.flow)
    print(f"  signed in to {session['profile']} as {session['subject']}")


if __name__ == "__main__":
    main()
