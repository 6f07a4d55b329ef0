"""What the session makes of a server's reply: its body once read, the pause that it asks for, whether it is late."""

import io

import requests
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry


class Body(io.BytesIO):
    """A body that was read, for whoever reads it from `raw`, as pyvo does."""

    def read(self, size: int | None = -1, decode_content: bool = True) -> bytes:
        """Read as of any file; the body is decoded already."""
        return super().read(size)


def read_pause(after: str | None) -> float:
    """Seconds that a server asks to wait; 0 where it does not, or where it cannot be read."""
    try:
        return Retry(retry_after_max=86_400).parse_retry_after(after) if after else 0.0
    except HTTPError:
        return 0.0


def is_late(error: Exception) -> bool:
    """Whether an error is one of time."""
    return isinstance(error, requests.Timeout | TimeoutError) or "timed out" in str(error)
