"""Checks signed texts with joserfc, which shares nothing with Remedy.

Reads lines of JSON {"token", "key", "algorithm"}; a key of null is the one in the token's header.
With "access_token", the claim `ath` must be its hash (RFC 9449 section 4.3, 10).
Prints a line of JSON {"header", "claims"} for each, or {"error"}.
"""

import base64
import hashlib
import json
import sys

from joserfc import jwk, jws


def check(wanted):
    algorithm = wanted["algorithm"]
    key = wanted["key"]
    if key is None:
        head = jws.extract_compact(wanted["token"].encode()).headers()
        if "d" in head["jwk"]:
            raise ValueError("the key in the header is a private one")
        key = head["jwk"]
    imported = jwk.import_key(key)
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    found = jws.deserialize_compact(wanted["token"], imported, registry=registry)
    claims = json.loads(found.payload)
    if "access_token" in wanted:
        digest = hashlib.sha256(wanted["access_token"].encode()).digest()
        if claims["ath"] != base64.urlsafe_b64encode(digest).rstrip(b"=").decode():
            raise ValueError("ath is not the hash of the access token")
    return {
        "header": found.headers(),
        "claims": claims,
        "thumbprint": imported.thumbprint() if imported.key_type != "oct" else None,
    }


for line in sys.stdin:
    try:
        print(json.dumps(check(json.loads(line))))
    except Exception as error:
        print(json.dumps({"error": repr(error)}))
