"""A passkey made of arithmetic: ECDSA on P-256 (FIPS 186-5), and what an authenticator writes.

The demo's Ann has no key to touch, and this has no other library than Python's own. It is slow, its
private keys stand in this file, and it is good for nothing but a simulator.
"""

import base64
import hashlib
import hmac
import json

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
A = P - 3
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

# What the simulator's Ann has registered, and one that nobody has.
ANNS = (b"ann-security-key", 7)
FRESH = (b"ann-demo-passkey", 11)

TOUCHED, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    if p == q:
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def multiply(k, p):
    result = None
    while k:
        if k & 1:
            result = add(result, p)
        p = add(p, p)
        k >>= 1
    return result


def integer(number):
    """A DER integer."""
    data = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes([2, len(data)]) + data


def sign(secret, message):
    """A signature in DER; the nonce follows from key and message, as RFC 6979 wants it to."""
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    seed = secret.to_bytes(32, "big") + hashlib.sha256(message).digest()
    k = int.from_bytes(hmac.digest(seed, b"nonce", "sha512"), "big") % (N - 1) + 1
    r = multiply(k, G)[0] % N
    s = pow(k, -1, N) * (digest + r * secret) % N
    body = integer(r) + integer(s)
    return bytes([0x30, len(body)]) + body


def item(kind, count):
    """The head of a CBOR item (RFC 8949 §3)."""
    if count < 24:
        return bytes([kind << 5 | count])
    return bytes([kind << 5 | 24, count]) if count < 256 else bytes(
        [kind << 5 | 25, count >> 8, count & 255]
    )


def text(value):
    return item(3, len(value)) + value.encode()


def octets(value):
    return item(2, len(value)) + value


def standard(data):
    return base64.b64encode(data).decode()


class Passkey:
    def __init__(self, registered):
        self.identifier, byte = ANNS if registered else FRESH
        self.secret = int.from_bytes(bytes([byte]) * 32, "big")
        # A counter that rises with every run of the demo against one simulator.
        self.count = 0

    def client_data(self, kind, challenge, origin):
        return json.dumps(
            {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False},
            separators=(",", ":"),
        ).encode()

    def head(self, party, flags):
        return (
            hashlib.sha256(party.encode()).digest()
            + bytes([flags | TOUCHED | VERIFIED])
            + self.count.to_bytes(4, "big")
        )

    def answer(self, context):
        """The values of a form's computed fields, by the last part of their names."""
        if "activationData" in context:
            return self.create(context)
        self.count += 1
        client = self.client_data(
            "webauthn.get", context["challengeData"]["challenge"], context["origin"]
        )
        data = self.head(context["rpId"], 0)
        signature = sign(self.secret, data + hashlib.sha256(client).digest())
        return {
            "clientData": standard(client),
            "authenticatorData": standard(data),
            "signatureData": standard(signature),
        }

    def create(self, context):
        client = self.client_data(
            "webauthn.create", context["activationData"]["challenge"], context["origin"]
        )
        x, y = (n.to_bytes(32, "big") for n in multiply(self.secret, G))
        key = item(5, 5) + b"\x01\x02\x03\x26\x20\x01\x21" + octets(x) + b"\x22" + octets(y)
        data = (
            self.head(context["rpId"], ATTESTED)
            + bytes(16)
            + len(self.identifier).to_bytes(2, "big")
            + self.identifier
            + key
        )
        made = text("fmt") + text("none") + text("attStmt") + item(5, 0)
        made += text("authData") + octets(data)
        return {
            "clientData": standard(client),
            "attestation": standard(item(5, 3) + made),
            "transports": '["usb"]',
            "clientExtensions": '{"credProps":{"rk":false}}',
        }
