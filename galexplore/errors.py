"""The one error that a person's input raises."""


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
