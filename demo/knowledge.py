"""What Ann knows by heart, what her tokens show, and what she says of herself."""

import base64
import hmac
import struct
import time

NAME = "ann@example.com"
PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "Tired-mountain-9-lamp"
SECURITY_ANSWER = "okra stew"
TOTP_SEEDS = {
    "google_otp": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "okta_verify": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
}
# What tokens of other makers show her; one after the other, where there are several.
PASSCODES = {
    "rsa_token": ["271828", "182845"],
    "onprem_mfa": ["161803"],
    "symantec_vip": ["141421"],
    "yubikey_token": ["cccccccfhcbelrhifitrrddvrrvbvkhtrgjnbgnhdbiv"],
    "custom_otp": ["662607"],
    "tac": ["welcome-ann"],
    "nfc_pin": ["2468"],
    "quantum_badge": ["violet"],
}
# What she says of herself when she signs up, and what else she is asked.
SAYS = {
    "firstName": "Anna",
    "lastName": "Example",
    "email": "anna@example.com",
    "phoneNumber": "+15551234709",
    "userCode": "ABCDXYWZ",
    "credentialId": "VSMT12345678",
    "nextPasscode": "654321",
    "answer": SECURITY_ANSWER,
    "question": "What is the food you least liked as a child?",
}
def totp(seed):
    """The code of the moment (RFC 6238)."""
    key = base64.b32decode(seed)
    mac = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    offset = mac[-1] & 15
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
