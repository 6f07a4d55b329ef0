"""What a list says of its equinox beside its columns: of B1950 a position is another place, half a degree off."""

import re

from galexplore.errors import InputError

_OLD = re.compile(r"\bB1950(?:\.0)?\b(?![+-]\d)|\bfk4\w*|\bequinox\W{1,5}(?:of\W)?1950", re.I)
_NEW = re.compile(r"J2000|ICRS|FK5|\bequinox\W{1,5}(?:of\W)?2000", re.I)
#: As astropy writes the equinox of a SkyCoord; 2451545 is the Julian date of J2000.
_SERIALISED = re.compile(r"equinox: !astropy\.time\.Time \{[^}]*\bjd1: (?!2451545\.0\b)")


def check_equinox(said: str) -> None:
    """Refuse positions of whose equinox a comment, a title or a header says that it is not J2000.

    Raises
    ------
    InputError
        If it names another equinox, and does not name J2000 or ICRS as well.
    """
    old = _OLD.search(said)
    if _SERIALISED.search(said) or (old and not _NEW.search(said)):
        word = f" ({old[0]})" if old else ""
        raise InputError(
            f"The table says that its positions are of another equinox than J2000{word}; give them in ICRS, in degrees."
        )
