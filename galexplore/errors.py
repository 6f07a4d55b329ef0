"""The one error that a person's input raises, and how its sentences list names."""

from collections.abc import Sequence


class InputError(ValueError):
    """Input that cannot be used; its text is one sentence for a person: what is wrong and what would be right.

    Attributes
    ----------
    checks : tuple of Check
        The audit up to and including the check that refused; empty where the input could not even be read.
    """

    def __init__(self, message: str, checks: tuple = ()):
        super().__init__(message)
        self.checks = checks


def list_few(names: Sequence[str], most: int = 3) -> str:
    """List the first names for a sentence; "and others" stands for the rest."""
    return ", ".join(names[:most]) + (" and others" if len(names) > most else "")
