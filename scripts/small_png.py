"""Make a PNG small: 256 colours, the most used ones kept exactly, so that text and lines stay as they are.

Usage: python -m scripts.small_png FILE.png...   writes each file anew
"""

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256
CHANNELS = {2: 3, 6: 4}  # Colour type: bytes a pixel, at 8 bits each.


def small(png: bytes) -> bytes:
    """The same picture with a palette, without its transparency.

    Raises:
        ValueError: it is not a PNG of 8-bit RGB or RGBA without interlacing, as browsers write them.
    """
    pixels = decode(png)
    high, wide, _ = pixels.shape
    flat = pixels.reshape(-1, 3).astype(np.int64)
    codes, inverse, counts = np.unique(
        flat[:, 0] << 16 | flat[:, 1] << 8 | flat[:, 2], return_inverse=True, return_counts=True
    )
    seen = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    palette = seen[choose(seen, counts)]
    nearest = np.empty(len(seen), np.uint8)
    for start in range(0, len(seen), 4096):
        part = seen[start : start + 4096]
        nearest[start : start + 4096] = np.argmin(((part[:, None] - palette[None]) ** 2).sum(axis=2), axis=1)
    rows = np.zeros((high, wide + 1), np.uint8)  # A first byte of 0 says that the row is not filtered.
    rows[:, 1:] = nearest[inverse.reshape(-1)].reshape(high, wide)
    head = struct.pack(">IIBBBBB", wide, high, 8, 3, 0, 0, 0)
    data = zlib.compress(rows.tobytes(), 9)
    chunks = [(b"IHDR", head), (b"PLTE", palette.astype(np.uint8).tobytes()), (b"IDAT", data), (b"IEND", b"")]
    return SIGNATURE + b"".join(chunk(kind, body) for kind, body in chunks)


def choose(seen: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which of the colours seen make the palette: the most used of each little cube, then the most used at all."""
    if len(seen) <= COLOURS:
        return np.arange(len(seen))
    order = np.argsort(-counts, kind="stable")
    cubes = seen[order] >> 4
    _, first = np.unique(cubes[:, 0] << 8 | cubes[:, 1] << 4 | cubes[:, 2], return_index=True)
    kept = order[np.sort(first)][: COLOURS // 2]  # One of each neighbourhood, most used first.
    others = order[~np.isin(order, kept)]
    return np.concatenate([kept, others[: COLOURS - len(kept)]])


def decode(png: bytes) -> NDArray[np.uint8]:
    """Pixels as (height, width, 3)."""
    if not png.startswith(SIGNATURE):
        raise ValueError("not a PNG")
    at, data, head = len(SIGNATURE), b"", b""
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        body = png[at + 8 : at + 8 + length]
        head, data = (body if kind == b"IHDR" else head), (data + body if kind == b"IDAT" else data)
        at += 12 + length
    wide, high, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    if depth != 8 or colour not in CHANNELS or interlaced:
        raise ValueError("not 8-bit RGB or RGBA without interlacing")
    step = CHANNELS[colour]
    lines = np.frombuffer(zlib.decompress(data), np.uint8).reshape(high, wide * step + 1)
    before = np.zeros(wide * step, np.uint8)
    rows = np.empty((high, wide * step), np.uint8)
    for index, line in enumerate(lines):
        rows[index] = before = unfilter(int(line[0]), line[1:], before, step)
    return rows.reshape(high, wide, step)[:, :, :3]


def unfilter(kind: int, line: NDArray[np.uint8], above: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """One row as it was before it was filtered (PNG specification, section 9)."""
    if kind == 0:
        return line.copy()
    if kind == 1:
        return np.cumsum(line.reshape(-1, step).astype(np.uint64), axis=0).astype(np.uint8).reshape(-1)
    if kind == 2:
        return line + above
    row, up, raw = [0] * len(line), above.tolist(), line.tolist()
    for at in range(len(row)):
        left, corner = (row[at - step], up[at - step]) if at >= step else (0, 0)
        guess = (left + up[at]) // 2 if kind == 3 else paeth(left, up[at], corner)
        row[at] = (raw[at] + guess) & 255
    return np.array(row, np.uint8)


def paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def main() -> int:
    for name in sys.argv[1:]:
        path = Path(name)
        before = path.read_bytes()
        path.write_bytes(after := small(before))
        print(f"{name}: {len(before):,} to {len(after):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
