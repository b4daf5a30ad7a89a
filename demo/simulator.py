"""What Ann does at the simulator where others would take a phone, a mail reader or a browser."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request


class Simulator:
    def __init__(self, origin):
        self.origin = origin

    def fetch(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.origin + "/simulator/" + path,
            data=data,
            headers={"Content-Type": "application/json"} if data else {},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def outbox(self):
        return self.fetch("outbox")

    def approve(self, number=None):
        """Approves whatever waits on a phone or on this machine; what it was, in words."""
        done = []
        for kind in ("pushes", "enrolments", "devices"):
            for request in self.fetch(kind):
                if request["state"] != "waiting":
                    continue
                if request["choices"] and number not in request["choices"]:
                    continue  # the number to choose has not been shown yet
                body = {"approve": True} | ({"number": number} if request["choices"] else {})
                self.fetch(f"{kind}/{request['number']}", body)
                done.append(f"{request['authenticator']}, {request['kind']}")
        return done

    def response(self):
        """What Duo's page gives back, once it was approved there."""
        return next((r["response"] for r in reversed(self.fetch("pushes")) if "response" in r), "")

    def browse(self, url):
        """Opens a link as a browser would, and approves; where that led, or None at a dead end."""
        try:
            with urllib.request.urlopen(url, timeout=10) as page:
                there, text = page.geturl(), page.read().decode()
        except urllib.error.HTTPError:
            return None
        values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', text))
        values = {k: v for k, v in values.items() if k != "decision"} | {"decision": "approve"}
        option = re.search(r'<option value="([^"]*)"', text)
        if option:
            values["identifier"] = option[1]
        body = urllib.parse.urlencode(values).encode()
        with urllib.request.urlopen(there.split("?")[0], data=body, timeout=30) as page:
            return page.geturl().split("?")[0]
