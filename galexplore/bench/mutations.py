"""Inputs made of whole ones by the damage that files meet: bits, bytes, blocks and digits that are not theirs."""

from collections.abc import Sequence

import numpy as np

_LARGEST = 1 << 20  # bytes of a mutated input
#: Pieces at which readers stumble.
_TOKENS: tuple[bytes, ...] = (
    b"\0",
    b'"',
    b"'",
    b"#",
    b"\n\n",
    b"\r",
    b"\t",
    b",,,,",
    b"|",
    b"<",
    b"&",
    b"nan",
    b"inf",
    b"-0",
    b"-1",
)
_TOKENS += (b"--", b"1e999", b"99999999999999999999", b"\xff\xfe", b"\xef\xbb\xbf", b"\xff" * 8, b"\0" * 8, b"\x1f\x8b")


def make_input(seeds: Sequence[bytes], name: str, number: int, seed: int) -> bytes:
    """Make one mutated input, the same for the same arguments."""
    rng = np.random.default_rng([seed, number, *name.encode()])
    data = bytearray(seeds[int(rng.integers(len(seeds)))])
    for _ in range(int(rng.integers(1, 5))):
        mutate = _MUTATIONS[int(rng.integers(len(_MUTATIONS)))]
        data = mutate(data, rng, seeds)[:_LARGEST]
    return bytes(data)


def _flip(data: bytearray, rng: np.random.Generator, seeds: Sequence[bytes]) -> bytearray:
    for at in rng.integers(len(data), size=int(rng.integers(1, 9))) if data else ():
        data[at] ^= 1 << int(rng.integers(8)) if rng.random() < 0.5 else int(rng.integers(1, 256))
    return data


def _truncate(data: bytearray, rng: np.random.Generator, seeds: Sequence[bytes]) -> bytearray:
    return data[: int(rng.integers(len(data) + 1))]


def _splice(data: bytearray, rng: np.random.Generator, seeds: Sequence[bytes]) -> bytearray:
    other = seeds[int(rng.integers(len(seeds)))]
    a, b = sorted(rng.integers(len(other) + 1, size=2))
    at = int(rng.integers(len(data) + 1))
    return data[:at] + other[a:b] + data[at + (int(b - a) if rng.random() < 0.5 else 0) :]


def _repeat(data: bytearray, rng: np.random.Generator, seeds: Sequence[bytes]) -> bytearray:
    a = int(rng.integers(len(data) + 1))
    b = min(len(data), a + int(rng.integers(1, 400)))
    times = int(2 ** rng.uniform(0, 11)) if rng.random() < 0.3 else 3
    return data[:b] + data[a:b] * times + data[b:]


def _cut_out(data: bytearray, rng: np.random.Generator, seeds: Sequence[bytes]) -> bytearray:
    a = int(rng.integers(len(data) + 1))
    return data[:a] + data[a + int(rng.integers(1, 400)) :]


def _change_digits(data: bytearray, rng: np.random.Generator, seeds: Sequence[bytes]) -> bytearray:
    """Write other digits where digits stand, in the header more often than anywhere."""
    reach = len(data) if rng.random() < 0.3 else min(len(data), 6000)
    places = np.flatnonzero([48 <= b <= 57 for b in data[:reach]])
    for at in rng.choice(places, size=min(len(places), int(rng.integers(1, 6)))) if len(places) else ():
        data[at] = 48 + int(rng.integers(10))
    return data


def _insert(data: bytearray, rng: np.random.Generator, seeds: Sequence[bytes]) -> bytearray:
    token, at = _TOKENS[int(rng.integers(len(_TOKENS)))], int(rng.integers(len(data) + 1))
    return data[:at] + token + data[at + (len(token) if rng.random() < 0.5 else 0) :]


_MUTATIONS = (_flip, _truncate, _splice, _repeat, _cut_out, _change_digits, _insert)
