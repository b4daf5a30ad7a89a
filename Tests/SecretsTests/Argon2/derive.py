"""Derives keys with OpenSSL's Argon2id, which shares nothing with libsodium's.

Reads lines of JSON {"passphrase", "salt", "passes", "kibibytes", "lanes", "length"} and, where there
are any, {"secret", "data"}; texts of bytes are hexadecimal. Prints a key of hexadecimal a line.
"""

import json
import sys

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

for line in sys.stdin:
    wanted = json.loads(line)
    optional = {
        name: bytes.fromhex(wanted[member])
        for name, member in (("secret", "secret"), ("ad", "data"))
        if member in wanted
    }
    derivation = Argon2id(
        salt=bytes.fromhex(wanted["salt"]),
        length=wanted["length"],
        iterations=wanted["passes"],
        lanes=wanted["lanes"],
        memory_cost=wanted["kibibytes"],
        **optional,
    )
    print(derivation.derive(bytes.fromhex(wanted["passphrase"])).hex())
