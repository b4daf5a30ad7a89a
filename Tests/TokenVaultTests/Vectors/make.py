#!/usr/bin/env python3
"""Makes the files beside it, and the table of what each must give, from docs/vault-format.md alone.

It shares no code with the vault: that a file of its opens there says that both read the page alike.
The files stay as they are once they are committed. A new format gets new files beside these, which go
on to be opened; running this again must change nothing (nonces, salts and keys are fixed).

    python3 make.py         writes files/ and table.txt
"""

import base64
import ctypes
import ctypes.util
import hashlib
import pathlib
import struct
import zlib

here = pathlib.Path(__file__).parent
sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
assert sodium.sodium_init() >= 0

# --- The format -------------------------------------------------------------------------------------

KEY = bytes(range(32))
DATA_KEY = bytes(range(64, 96))
PASSPHRASE = "grüne Äpfel".encode()
SALT = bytes(range(16))


def nonce(label):
    return hashlib.sha256(label.encode()).digest()[:24]


def seal(plaintext, key, data, label):
    box = ctypes.create_string_buffer(len(plaintext) + 16)
    length = ctypes.c_ulonglong()
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        box, ctypes.byref(length), plaintext, ctypes.c_ulonglong(len(plaintext)), data,
        ctypes.c_ulonglong(len(data)), None, nonce(label), key)
    return nonce(label) + box.raw[: length.value]


def argon2id(passphrase, salt, passes, memory):
    key = ctypes.create_string_buffer(32)
    status = sodium.crypto_pwhash(
        key, ctypes.c_ulonglong(32), passphrase, ctypes.c_ulonglong(len(passphrase)), salt,
        ctypes.c_ulonglong(passes), ctypes.c_size_t(memory), 2)
    assert status == 0
    return key.raw


def text(value):
    value = value.encode()
    return struct.pack(">I", len(value)) + value


def envelope(magic, body, version=1):
    bytes_ = magic + struct.pack(">I", version) + body
    return bytes_ + struct.pack(">I", zlib.crc32(bytes_))


def fitting(bytes_):
    """The same with a checksum that fits."""
    return bytes_[:-4] + struct.pack(">I", zlib.crc32(bytes_[:-4]))


def header_of(form, parameters, key, label):
    way = struct.pack(">HH", form, len(parameters)) + parameters
    data = text("remedy vault header") + struct.pack(">I", 1) + way
    return envelope(b"REMEDY-V", way + seal(DATA_KEY, key, data, label))


def header_by_passphrase(passes, memory, derived=None, passphrase=PASSPHRASE):
    parameters = struct.pack(">QQ", passes, memory) + SALT
    key = derived or argon2id(passphrase, SALT, passes, memory)
    return header_of(2, parameters, key, f"passphrase {passes} {memory}")


def record_of(kind, owner, profile, generation, payload, key=DATA_KEY):
    data = (
        text("remedy vault record") + struct.pack(">I", 1) + text(kind) + text(profile)
        + text(owner) + struct.pack(">Q", generation))
    box = seal(payload, key, data, f"{kind} {owner} {profile} {generation}")
    return envelope(b"REMEDY-R", struct.pack(">Q", generation) + box)


def index_of(number, entries, key=DATA_KEY):
    plaintext = b"".join(
        text(name) + struct.pack(">Q", generation) + bytes([state])
        for name, generation, state in entries)
    data = text("remedy vault index") + struct.pack(">I", 1) + struct.pack(">I", number)
    return envelope(b"REMEDY-I", seal(plaintext, key, data, f"index {number} {entries}"))


def index_number(name):
    return zlib.crc32(name.encode()) % 16


# --- Files and rows ---------------------------------------------------------------------------------

files = {}
rows = []


def keep(name, bytes_):
    assert files.setdefault(name, bytes_) == bytes_, name
    return name


def row(what, outcome, files_, key="key", why=""):
    """One line of the table: what it is, the key, the files in their places, what must come of it."""
    assert "|" not in what + outcome + why
    rows.append((what, key, files_, outcome, why))


def changed(bytes_, place):
    return bytes_[:place] + bytes([bytes_[place] ^ 0x40]) + bytes_[place + 1:]


HEADER = keep("header", header_of(1, b"", KEY, "header"))
SESSION = "session.1000.payroll.record"
PAYLOAD = b"two"
RECORD = keep("session", record_of("session", "1000", "payroll", 2, PAYLOAD))
OPENS = "opens session/1000/payroll=two"
WHOLE = {"header": HEADER, SESSION: RECORD}


def with_header(name):
    return {"header": name, SESSION: RECORD}


def with_record(name, place=SESSION):
    return {"header": HEADER, place: name}


# As written.
row("a session", OPENS, WHOLE)
row("an empty vault", "opens", {"header": HEADER})
row("nothing at all: a first start", "opens", {})
first = keep("first-header", bytes.fromhex(
    "52454d4544592d560000000100010000c7fffabbd6691d93c438a535b760b44ab2f884ce05fe12ce571d6e7173af"
    "a2a2f002bfd7f0d59f164d1b4ef97192fe134438ebb75849588a6afea265e172f39ef5a495cc8fa0fa444f56c02c"))
first_record = keep("first-session", bytes.fromhex(
    "52454d4544592d5200000001000000000000000226904e59456628cc6edfede5823ce95503128d9ebe9d1cf800e2"
    "6b6c6ecc43f476afefcafb976b12035864351f64a7"))
row("the first session that a vault ever wrote", OPENS, {"header": first, SESSION: first_record})
for kind in ["session", "transaction", "revocation", "code", "kind-to-come"]:
    name = keep(f"kind-{kind}", record_of(kind, "service", "nightly", 1, b"of-a-kind"))
    row(f"a record of the kind {kind}", f"opens {kind}/service/nightly=of-a-kind",
        with_record(name, f"{kind}.service.nightly.record"))
row("an empty payload", "opens session/1000/payroll=",
    with_record(keep("empty-payload", record_of("session", "1000", "payroll", 1, b""))))
row("a profile with a dot, a colon, a slash and letters beyond ASCII",
    "opens session/1000/acme.eu:/ü=named",
    with_record(keep("escaped", record_of("session", "1000", "acme.eu:/ü", 1, b"named")),
                "session.1000.acme.eu%3A%2F%C3%BC.record"))
row("two records and a file that is none of the vault's", OPENS + " code/service/nightly=of-a-kind",
    {"header": HEADER, SESSION: RECORD, "code.service.nightly.record": "kind-code",
     "notes.txt": RECORD})

# The configured key.
row("another key", "refused wrongKey", WHOLE, key="other-key")
row("31 bytes for a key", "refused wrongKey", WHOLE, key="short-key")
row("a passphrase for a vault that has a key", "refused needsKey", WHOLE, key="passphrase")
BY_PASSPHRASE = keep("header-passphrase", header_by_passphrase(1, 8 << 20))
row("a passphrase, of the least cost", OPENS, with_header(BY_PASSPHRASE), key="passphrase")
row("a passphrase, of another cost than today's", OPENS,
    with_header(keep("header-passphrase-dearer", header_by_passphrase(2, 9 << 20))),
    key="passphrase")
row("another passphrase", "refused wrongPassphrase", with_header(BY_PASSPHRASE),
    key="other-passphrase")
row("no passphrase", "refused wrongPassphrase", with_header(BY_PASSPHRASE), key="no-passphrase")
row("a key for a vault that has a passphrase", "refused needsPassphrase",
    with_header(BY_PASSPHRASE))
for what, passes, memory in [
        ("no passes", 0, 8 << 20), ("65 passes", 65, 8 << 20),
        ("as many passes as there can be", 2**64 - 1, 8 << 20), ("no memory", 1, 0),
        ("a byte less than 8 MiB", 1, (8 << 20) - 1), ("a byte more than 4 GiB", 1, (4 << 30) + 1),
        ("as much memory as there can be", 1, 2**64 - 1)]:
    name = keep("header-cost-" + what.replace(" ", "-"),
                header_by_passphrase(passes, memory, derived=KEY))
    row(f"a passphrase that costs {what}", "refused costRefused", with_header(name),
        key="passphrase", why="refused before anything is computed")

# The file that holds the key.
encoded = base64.b64encode(KEY)
for what, bytes_, is_key in [
        ("32 bytes as they are", KEY, True), ("base64 and a line feed", encoded + b"\n", True),
        ("base64 alone", encoded, True), ("nothing", b"", False), ("31 bytes", KEY[:-1], False),
        ("33 bytes", KEY + b"\n", False), ("base64 without its padding", encoded[:-1], False),
        ("base64 and two line feeds", encoded + b"\n\n", False),
        ("base64 and a space", encoded + b" ", False), ("a space and base64", b" " + encoded, False),
        ("base64 with a letter of the other alphabet", b"-" + encoded[1:], False),
        ("base64 with bits that belong to no byte", encoded[:-2] + b"9=", False),
        ("hexadecimal", KEY.hex().encode(), False), ("4096 bytes", bytes(4096), False)]:
    name = keep("key-" + what.replace(" ", "-"), bytes_)
    row(f"a key file of {what}", OPENS if is_key else f"refused keyMalformed {len(bytes_)}", WHOLE,
        key="file:" + name)

# The header, field by field, with the checksum as it was and with one that fits.
FIELDS = [("magic", 0), ("version", 8), ("form", 12), ("count", 14)]
for short, whole, key, fields, length in [
        ("header", files[HEADER], "key", [("nonce", 16), ("sealed key", 40), ("tag", 72)], 92),
        ("header-passphrase", files[BY_PASSPHRASE], "passphrase",
         [("passes", 16), ("memory", 24), ("salt", 32), ("nonce", 48), ("sealed key", 72),
          ("tag", 104)], 124)]:
    assert len(whole) == length
    wrong = "wrongPassphrase" if key == "passphrase" else "wrongKey"
    expected = {
        "magic": "headerDamaged", "version": "newerFormat 1073741825",
        "form": f"keyFormUnknown {16384 + struct.unpack('>H', whole[12:14])[0]}",
        "count": "headerDamaged", "passes": "costRefused", "memory": "costRefused"}
    for field, place in FIELDS + fields + [("checksum", length - 4)]:
        stale = keep(f"{short}-{field.replace(' ', '-')}", changed(whole, place))
        row(f"{short}: {field} changed", "refused headerDamaged", with_header(stale), key=key)
        if field == "checksum":
            continue
        fits = keep(f"{short}-{field.replace(' ', '-')}-fits", fitting(changed(whole, place)))
        row(f"{short}: {field} changed, the checksum fits",
            "refused " + expected.get(field, wrong), with_header(fits), key=key)
    ends = [place for _, place in FIELDS + fields] + [length - 4, length - 1]
    for end in ends:
        cut = keep(f"{short}-cut-{end}", whole[:end])
        row(f"{short}: cut at {end} bytes", "refused headerDamaged", with_header(cut), key=key)
        if end >= 12 and end < length - 4:
            fits = keep(f"{short}-cut-{end}-fits", fitting(whole[:end] + b"\0\0\0\0"))
            row(f"{short}: cut at {end} bytes, and a checksum that fits", "refused headerDamaged",
                with_header(fits), key=key)
    longer = keep(f"{short}-longer-fits", fitting(whole[:-4] + b"\0" + b"\0\0\0\0"))
    row(f"{short}: a byte too many, the checksum fits", "refused headerDamaged",
        with_header(longer), key=key)
row("a passphrase with twice the passes that it was made with, the checksum fits",
    "refused wrongPassphrase", with_header(keep(
        "header-passes-two",
        fitting(files[BY_PASSPHRASE][:23] + b"\x02" + files[BY_PASSPHRASE][24:]))),
    key="passphrase", why="the cost is in the associated data, and makes another key")
row("an empty header", "refused headerDamaged", with_header(keep("empty", b"")))
row("a record in the header's place", "refused headerDamaged", {"header": RECORD})
row("no header", "refused headerMissing", {SESSION: RECORD})
row("no header, and a record that was set aside", "refused headerMissing",
    {SESSION + ".damaged": RECORD})
row("no header, and the leftover of a record", "refused headerMissing", {SESSION + ".new": RECORD})
for version, outcome in [(0, "headerDamaged"), (2, "newerFormat 2"),
                         (2**32 - 1, f"newerFormat {2**32 - 1}")]:
    body = files[HEADER][12:-4]
    row(f"a header of version {version}", f"refused {outcome}",
        with_header(keep(f"header-version-{version}", envelope(b"REMEDY-V", body, version))),
        why="there is no version before 1" if version == 0 else "")
row("a header of form 0", "refused keyFormUnknown 0",
    with_header(keep("header-form-0", header_of(0, b"", KEY, "form 0"))))
row("a header of form 3 with parameters of its own", "refused keyFormUnknown 3",
    with_header(keep("header-form-3", header_of(3, b"\1\2\3", KEY, "form 3"))))
row("a header of form 1 with parameters, sealed with them", "refused headerDamaged",
    with_header(keep("header-form-1-parameters", header_of(1, b"\1\2\3", KEY, "form 1"))))
row("the header of another vault", "opens; set aside " + SESSION, {"header": first, SESSION: RECORD},
    why="another data key")

# A record, field by field.
whole = files[RECORD]
assert len(whole) == 12 + 8 + 24 + 3 + 16 + 4
for field, place in [("magic", 0), ("version", 8), ("generation", 12), ("nonce", 20),
                     ("payload", 44), ("tag", 47), ("checksum", 63)]:
    stale = keep(f"session-{field}", changed(whole, place))
    row(f"a record: {field} changed", "opens; set aside " + SESSION, with_record(stale))
    if field != "checksum":
        fits = keep(f"session-{field}-fits", fitting(changed(whole, place)))
        row(f"a record: {field} changed, the checksum fits",
            ("opens; newer " if field == "version" else "opens; set aside ") + SESSION,
            with_record(fits))
for end in [0, 8, 12, 20, 44, 47, 63, 66]:
    cut = keep(f"session-cut-{end}", whole[:end])
    row(f"a record: cut at {end} bytes", "opens; set aside " + SESSION, with_record(cut))
    if 12 <= end < 63:
        fits = keep(f"session-cut-{end}-fits", fitting(whole[:end] + b"\0\0\0\0"))
        row(f"a record: cut at {end} bytes, and a checksum that fits",
            "opens; set aside " + SESSION, with_record(fits))
row("a record: a byte too many, the checksum fits", "opens; set aside " + SESSION,
    with_record(keep("session-longer-fits", fitting(whole[:-4] + b"\0" + b"\0\0\0\0"))))
for version, verdict in [(0, "set aside"), (2, "newer"), (2**32 - 1, "newer")]:
    row(f"a record of version {version}", f"opens; {verdict} {SESSION}",
        with_record(keep(f"session-version-{version}",
                         envelope(b"REMEDY-R", whole[12:-4], version))),
        why="not read, not touched" if verdict == "newer" else "there is no version before 1")
row("a record that is sealed under the configured key and not the data key",
    "opens; set aside " + SESSION,
    with_record(keep("session-outer-key",
                     record_of("session", "1000", "payroll", 2, PAYLOAD, key=KEY))))
for what, generation, outcome in [
        ("2^63 - 1, the highest", 2**63 - 1, OPENS), ("2^63", 2**63, "opens; set aside " + SESSION),
        ("2^64 - 1", 2**64 - 1, "opens; set aside " + SESSION)]:
    row(f"a record of the generation {what}", outcome,
        with_record(keep(f"session-generation-{generation:x}",
                         record_of("session", "1000", "payroll", generation, PAYLOAD))),
        why="" if outcome == OPENS else "no counting gets there")
for what, place in [("another kind's", "transaction.1000.payroll.record"),
                    ("another owner's", "session.1001.payroll.record"),
                    ("another profile's", "session.1000.payrol.record")]:
    row(f"a record in {what} place", f"opens; set aside {place}", with_record(RECORD, place))
for place in ["x.record", ".record", "session.1000.record", "session.1000.%zz.record",
              "session.1000.%70ayroll.record"]:
    row(f"a record under the name {place}, which none has", f"opens; set aside {place}",
        with_record(RECORD, place))
row("a header in a record's place", "opens; set aside " + SESSION, with_record(HEADER))
row("one record damaged, the other lives", "opens code/service/nightly=of-a-kind; set aside " + SESSION,
    {"header": HEADER, SESSION: "session-tag", "code.service.nightly.record": "kind-code"})

# What a crash leaves.
NEW = SESSION + ".new"
NEXT = keep("session-next", record_of("session", "1000", "payroll", 3, b"three"))
TORN = keep("session-next-torn", files[NEXT][:40])
NEWER = "session-version-2"
THREE = "opens session/1000/payroll=three"
row("a record and a torn leftover", OPENS, {**WHOLE, NEW: TORN})
row("a record and a leftover of a higher generation", THREE, {**WHOLE, NEW: NEXT})
row("a record and a leftover of a lower generation", THREE,
    {"header": HEADER, SESSION: NEXT, NEW: RECORD})
row("a record and a leftover of the same generation", OPENS, {**WHOLE, NEW: RECORD})
row("a whole leftover alone", THREE, {"header": HEADER, NEW: NEXT})
row("a torn leftover alone", "opens", {"header": HEADER, NEW: TORN})
row("a damaged record and a torn leftover", "opens; set aside " + SESSION,
    {"header": HEADER, SESSION: "session-tag", NEW: TORN})
row("a damaged record and a whole leftover", THREE + "; set aside " + SESSION,
    {"header": HEADER, SESSION: "session-tag", NEW: NEXT})
row("a record and a leftover of a newer version", "opens; newer " + SESSION, {**WHOLE, NEW: NEWER})
row("a record of a newer version and a leftover", "opens; newer " + SESSION,
    {"header": HEADER, SESSION: NEWER, NEW: NEXT})
row("a leftover of the header, whole", OPENS, {**WHOLE, "header.new": BY_PASSPHRASE},
    why="a change of key that did not happen")

# The index.
NUMBER = index_number(SESSION)
INDEX = f"index.{NUMBER:x}"
LOST = "opens session/1000/payroll=two; index lost "


def index(name, entries, number=NUMBER, **more):
    return keep("index-" + name, index_of(number, entries, **more))


fresh = index("fresh", [(SESSION, 2, 0)])
row("a record and its index", OPENS, {**WHOLE, INDEX: fresh})
row("an index that is behind", OPENS, {**WHOLE, INDEX: index("behind", [(SESSION, 1, 0)])})
row("an index that knows of no record", OPENS, {**WHOLE, INDEX: index("empty", [])})
row("an older state of a record", "opens; stale " + SESSION,
    {**WHOLE, INDEX: index("ahead", [(SESSION, 3, 0)])})
row("a record that was deleted, put back", "opens; stale " + SESSION,
    {**WHOLE, INDEX: index("deleted", [(SESSION, 2, 1)])}, why="it is removed")
row("a record that is gone", "opens; missing " + SESSION, {"header": HEADER, INDEX: fresh})
row("a record that was deleted, and is", "opens",
    {"header": HEADER, INDEX: "index-deleted"})
row("a record that was set aside before", "opens",
    {"header": HEADER, INDEX: fresh, SESSION + ".damaged": "session-tag"})
row("no index file", LOST + "index", WHOLE,
    why="said of every vault that has records and no index, and left out in the other rows")
whole = files[fresh]
for field, place in [("magic", 0), ("version", 8), ("nonce", 12), ("entries", 36),
                     ("tag", len(whole) - 20), ("checksum", len(whole) - 4)]:
    row(f"an index: {field} changed", LOST + INDEX,
        {**WHOLE, INDEX: keep(f"index-{field}", changed(whole, place))})
    if field != "checksum":
        row(f"an index: {field} changed, the checksum fits", LOST + INDEX,
            {**WHOLE, INDEX: keep(f"index-{field}-fits", fitting(changed(whole, place)))})
for end in [0, 12, 36, len(whole) - 4]:
    row(f"an index: cut at {end} bytes", LOST + INDEX,
        {**WHOLE, INDEX: keep(f"index-cut-{end}", whole[:end])})
row("an index of version 2", LOST + INDEX,
    {**WHOLE, INDEX: keep("index-version-2", envelope(b"REMEDY-I", whole[12:-4], 2))})
row("an index in another's place", LOST + INDEX,
    {**WHOLE, INDEX: index("other-place", [(SESSION, 2, 0)], number=(NUMBER + 1) % 16)})
row("an index of another vault", LOST + INDEX,
    {**WHOLE, INDEX: index("other-vault", [(SESSION, 3, 0)], key=KEY)})
row("an index with the highest generation", "opens; stale " + SESSION,
    {**WHOLE, INDEX: index("highest", [(SESSION, 2**63 - 1, 0)])})
for what, generation in [("2^63", 2**63), ("2^64 - 1", 2**64 - 1)]:
    row(f"an index with a generation of {what}", LOST + INDEX,
        {**WHOLE, INDEX: index(f"generation-{generation:x}", [(SESSION, generation, 0)])})
cut_entry = text(SESSION) + struct.pack(">Q", 2)
data = text("remedy vault index") + struct.pack(">II", 1, NUMBER)
row("an index that ends in an entry", LOST + INDEX,
    {**WHOLE, INDEX: keep("index-half-entry",
                          envelope(b"REMEDY-I", seal(cut_entry, DATA_KEY, data, "half")))})
row("a record in an index file's place", LOST + INDEX, {**WHOLE, INDEX: RECORD})

# --- Out --------------------------------------------------------------------------------------------

folder = here / "files"
for name, bytes_ in files.items():
    (folder / name).write_bytes(bytes_)
for old in folder.iterdir():
    if old.name not in files:
        old.unlink()

lines = ["""\
# What each of the files in files/ must give, in the places where they are put. make.py writes this.
#
# what | key | place=file ... | outcome | why
#
# Keys: `key` is the bytes 0 to 31, `other-key` those in reverse, `short-key` all but the last;
# `file:NAME` is what the key file of that name holds; `passphrase` is "grüne Äpfel",
# `other-passphrase` "grüne Birnen", `no-passphrase` the empty text.
# Outcomes: `opens KIND/OWNER/PROFILE=PAYLOAD ...` with exactly those records, then what is reported:
# `set aside`, `newer`, `stale`, `missing`, `index lost`, each with the name of the file. `refused
# REASON`: it does not open, for this reason of VaultError, and no file is changed.
"""]
for what, key, places, outcome, why in rows:
    where = " ".join(f"{place}={name}" for place, name in places.items())
    lines.append(" | ".join([what, key, where, outcome] + ([why] if why else [])) + "\n")
(here / "table.txt").write_text("".join(lines), encoding="utf-8")
print(f"{len(files)} files, {len(rows)} rows")
