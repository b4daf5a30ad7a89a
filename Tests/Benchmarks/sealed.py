"""Many sessions in a vault, made of one that was signed in: its record, opened and sealed again under
other owners' names. Written after docs/vault-format.md, with libsodium through ctypes.
"""

import base64
import ctypes
import ctypes.util
import os
import struct
import zlib

VERSION = 1
NONCE = 24
TAG = 16

sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")


def open_box(box, data, key):
    plain = ctypes.create_string_buffer(len(box) - NONCE - TAG)
    status = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, None, None, box[NONCE:], ctypes.c_ulonglong(len(box) - NONCE), data,
        ctypes.c_ulonglong(len(data)), box[:NONCE], key,
    )  # fmt: skip
    if status != 0:
        raise ValueError("a box of the vault does not open")
    return plain.raw


def seal_box(plain, data, key):
    nonce = os.urandom(NONCE)
    box = ctypes.create_string_buffer(len(plain) + TAG)
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        box, None, plain, ctypes.c_ulonglong(len(plain)), data, ctypes.c_ulonglong(len(data)),
        None, nonce, key,
    )  # fmt: skip
    return nonce + box.raw


def text(words):
    return struct.pack(">I", len(words)) + words.encode()


def body_of(path, magic):
    """What stands inside the envelope of a file."""
    with open(path, "rb") as file:
        content = file.read()
    inside, checksum = content[:-4], content[-4:]
    if not inside.startswith(magic + struct.pack(">I", VERSION)):
        raise ValueError(f"{path} is not of the format that this was written after")
    if struct.pack(">I", zlib.crc32(inside)) != checksum:
        raise ValueError(f"{path} is damaged")
    return inside[len(magic) + 4 :]


def data_key(folder):
    with open(os.path.join(folder, "vault.key"), "rb") as file:
        key = file.read()
    if len(key) != 32:
        key = base64.b64decode(key)
    body = body_of(os.path.join(folder, "header"), b"REMEDY-V")
    data = text("remedy vault header") + struct.pack(">I", VERSION) + body[:4]
    return open_box(body[4:], data, key)


def record_data(profile, owner, generation):
    return (
        text("remedy vault record") + struct.pack(">I", VERSION) + text("session") + text(profile)
        + text(str(owner)) + struct.pack(">Q", generation)
    )  # fmt: skip


def multiply(folder, profile, owner, count):
    """Adds the session of (profile, owner) to the vault again, for `count` owners that nobody is."""
    key = data_key(folder)
    body = body_of(os.path.join(folder, f"session.{owner}.{profile}.record"), b"REMEDY-R")
    (generation,) = struct.unpack(">Q", body[:8])
    payload = open_box(body[8:], record_data(profile, owner, generation), key)
    for stranger in range(1_000_000, 1_000_000 + count):
        box = seal_box(payload, record_data(profile, stranger, 1), key)
        inside = b"REMEDY-R" + struct.pack(">IQ", VERSION, 1) + box
        path = os.path.join(folder, f"session.{stranger}.{profile}.record")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(inside + struct.pack(">I", zlib.crc32(inside)))
