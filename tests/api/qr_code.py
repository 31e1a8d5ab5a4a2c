"""Reads QR codes out of clean PNG pictures: what a camera does, without the camera. Only what tests need: grey
pictures of whole modules, error correction level L, versions 1 to 9, text in bytes."""

import struct
import zlib

# Version: blocks and data codewords in each, for level L (ISO/IEC 18004, table 9).
BLOCKS = {1: (1, 19), 2: (1, 34), 3: (1, 55), 4: (1, 80), 5: (1, 108), 6: (2, 68), 7: (2, 78), 8: (2, 97), 9: (2, 116)}
ALIGNED = {1: [], 2: [18], 3: [22], 4: [26], 5: [30], 6: [34], 7: [22, 38], 8: [24, 42], 9: [26, 46]}
MASKS = [
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
]


def pixels_of(png):
    """Rows of grey values."""
    if png[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("no PNG")
    at, data = 8, b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", content[:10])
            assert (depth, colour) == (8, 0), "not grey"
        if kind == b"IDAT":
            data += content
        at += 12 + length
    raw, rows, above = zlib.decompress(data), [], bytes(width)
    for y in range(height):
        method, line = raw[y * (width + 1)], raw[y * (width + 1) + 1 : (y + 1) * (width + 1)]
        row = bytearray()
        for x, value in enumerate(line):
            left, up, corner = (row[x - 1] if x else 0), above[x], (above[x - 1] if x else 0)
            nearest = min((left, up, corner), key=lambda v: abs(left + up - corner - v))
            row.append((value + (0, left, up, (left + up) // 2, nearest)[method]) % 256)
        rows.append(above := bytes(row))
    return rows


def modules_of(png):
    """Rows of booleans, true where it is dark."""
    rows = pixels_of(png)
    border = next(y for y, row in enumerate(rows) if min(row) < 128)
    run = next(x for x in range(border, len(rows)) if rows[border][x] >= 128) - border
    scale = run // 7  # the edge of a finder pattern
    return [[value < 128 for value in row[border:-border:scale]] for row in rows[border:-border:scale]]


def is_function(version, size, y, x):
    """Whether the module belongs to a pattern, rather than to the data."""
    if 6 in (y, x) or (y < 9 and x < 9) or (y < 9 and x >= size - 8) or (y >= size - 8 and x < 9):
        return True
    if version >= 7 and ((y < 6 and x >= size - 11) or (x < 6 and y >= size - 11)):
        return True
    corners = [6] + ALIGNED[version]
    finders = {(6, 6), (6, corners[-1]), (corners[-1], 6)}
    centres = {(a, b) for a in corners for b in corners} - finders if version > 1 else set()
    return any(abs(y - a) <= 2 and abs(x - b) <= 2 for a, b in centres)


def read(png):
    """The bytes that the QR code says."""
    modules = modules_of(png)
    size = len(modules)
    version = (size - 17) // 4
    mask = sum(bit << i for i, bit in enumerate(reversed([modules[8][x] for x in (2, 3, 4)]))) ^ 0b101
    bits, upward, x = [], True, size - 1
    while x > 0:
        if x == 6:
            x -= 1
        for step in range(size):
            y = size - 1 - step if upward else step
            for column in (x, x - 1):
                if not is_function(version, size, y, column):
                    bits.append(modules[y][column] ^ (MASKS[mask](y, column) == 0))
        upward, x = not upward, x - 2
    codewords = [int("".join("01"[bit] for bit in bits[i : i + 8]), 2) for i in range(0, len(bits) - 7, 8)]
    blocks, each = BLOCKS[version]
    data = [codewords[i * blocks + block] for block in range(blocks) for i in range(each)]
    text = "".join(f"{value:08b}" for value in data)
    if text[:4] != "0100":
        raise ValueError("not in bytes")
    length = int(text[4:12], 2)
    return bytes(int(text[12 + 8 * i : 20 + 8 * i], 2) for i in range(length))
