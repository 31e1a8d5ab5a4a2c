"""Session tokens as the server seals them (src/services/sts/session_tokens.cc), sealed once more with another expiry.

A server that enforces lets nobody move its clock, and no session is shorter than a quarter of an hour. Who has the key file
of the data directory can make a token that is over: that is what the file is kept from others for.
"""

import base64
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from enforcing import Keys

FORMAT = b"\x01"
NONCE_BYTES = 12
EXPIRES = 7  # the number of the field


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def take_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def with_field(record, number, value):
    """The record (src/store/record.h) with another value for a field that is a signed number."""
    _, at = take_varint(record, 0)  # its version
    out = record[:at]
    while at < len(record):
        start = at
        tag, at = take_varint(record, at)
        content, at = take_varint(record, at)
        if tag & 1:
            at += content
        out += varint(tag) + varint(value << 1) if tag == number << 1 else record[start:at]
    return out


def expiring(keys, epoch_seconds):
    """The same session, but that it ends then."""
    box = AESGCM((keys.server.data / "secret-key").read_bytes())
    place = f"session-token/{keys.key}".encode()
    sealed = base64.b64decode(keys.token)
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    record = with_field(box.decrypt(nonce, ciphertext, place), EXPIRES, epoch_seconds * 1000)
    nonce = os.urandom(NONCE_BYTES)
    token = base64.b64encode(FORMAT + nonce + box.encrypt(nonce, record, place)).decode()
    return Keys(keys.server, keys.key, keys.secret, token)
