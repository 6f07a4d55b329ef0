"""What the stand-in's name resolver says, in the shape that the real one's answers have."""

from urllib.parse import unquote_plus

#: Names that are known: SIMBAD's spelling, its code of the type, and the position [deg].
OBJECTS = {
    "ngc4565": ("NGC  4565", "Sy2", 189.0865834, 25.9876737),
    "ngc1365": ("NGC  1365", "Sy1", 53.4015460, -36.1404030),
    "m104": ("M 104", "LIN", 189.9976350, -11.6230540),
    "ic1101": ("IC 1101", "BiC", 227.7335417, 5.7446111),
    "ugc1333": ("UGC  1333", "G", 28.0412500, -0.0230556),
    "m31": ("M  31", "AGN", 10.6847083, 41.2687500),
    "m17": ("M  17", "HII", 275.1960000, -16.1715000),
    "ngc3642": ("NGC  3642", "LIN", 170.5745877, 59.0745210),
}
#: Names that only VizieR knows, to a minute of arc.
ROUGH = {"acos999": (150.11, 2.21)}
_DONE = "#====Done (2026-Nov-01,12:00:00z)====\n"


def say_position(query: str) -> bytes:
    """Answer for a name as Sesame does with `-oI/SNV?NAME`: a line for each datum."""
    name = unquote_plus(query)
    key = "".join(name.lower().split())
    head = f"# {name}\t#Q2779348\n"
    if key in OBJECTS:
        spelt, kind, ra, dec = OBJECTS[key]
        lines = [
            "#=Sc=Simbad (via url):    1    41ms",
            "%@ 503952",
            f"%I.0 {spelt}",
            f"%C.0 {kind}",
            f"%J {ra:.8f} {dec:+.8f} = {_spell(ra / 15, 2)} {'-' if dec < 0 else '+'}{_spell(abs(dec), 1)}",
            "%J.E [0.2819 0.3347 90] A 2020yCat.1350....0G",
            "%#B 203",
        ]
        return f"{head}{chr(10).join(lines)}\n\n{_DONE}".encode()
    if key in ROUGH:
        ra, dec = ROUGH[key]
        missed = "#!Simbad: No known catalog could be found\n"
        place = f"%J {ra:.2f} {dec:+.2f} = 10:00.4     +02:12"
        return f"{head}{missed}#=Vc=VizieR (local):    1\n{place}\n%I.0 {name}\n\n{_DONE}".encode()
    missed = "#!Simbad: Nothing found\n#!Ned: Nothing found\n#!VizieR: Nothing found\n"
    return f"{head}#=S=Simbad (via url):    0\n{missed}\n{_DONE}".encode()


def _spell(angle: float, places: int) -> str:
    whole, rest = divmod(angle * 3600, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{int(whole):02d}:{int(minutes):02d}:{seconds:0{3 + places}.{places}f}"
