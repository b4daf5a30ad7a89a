"""The least of an OpenID provider that oidc-agent is content with: it gives everybody one token.

oidc-agent does not know the Interaction Code grant, and is not here to sign in; it is measured at
handing out a token that it holds. Standard library only.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Provider:
    """Serves on loopback, in a thread of this process, until `close`."""

    def __init__(self, access_token):
        self.access_token = access_token
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def metadata(self):
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + "authorize",
            "token_endpoint": self.issuer + "token",
            "device_authorization_endpoint": self.issuer + "device",
            "jwks_uri": self.issuer + "keys",
            "scopes_supported": ["openid", "offline_access"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "response_types_supported": ["code"],
        }

    def tokens(self):
        return {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": 86400,
            "refresh_token": "of-no-worth",
            "scope": "openid offline_access",
        }

    def handler(provider):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(provider.metadata())

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.answer(provider.tokens())

            def answer(self, value):
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        return Handler
