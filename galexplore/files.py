"""Files opened within bounds, and written beside and renamed."""

import hashlib
import re
from pathlib import Path

MAX_UNPACKED = 100_000_000  # bytes that a compressed file may unfold to


def bare_name(name: str) -> str:
    """Keep of a name only its last part and what can be printed, for it comes from outside."""
    last = re.split(r"[/\\]", str(name))[-1]
    return "".join(c for c in last if c.isprintable())[:120]


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
