"""What stands around a position where it was copied from: typography, words, SkyCoord(...), regions; and its frame."""

import re

_FRAMES = {
    "icrs": ("icrs", "fk5", "j2000", "j2000.0", "fk5j2000", "equatorial", ""),
    "galactic": ("galactic", "gal", "gal."),
    "B1950": ("b1950", "b1950.0", "fk4", "1950", "1950.0"),
    "ecliptic": ("ecliptic", "ecl", "geocentrictrueecliptic", "barycentricmeanecliptic", "barycentrictrueecliptic"),
    "supergalactic": ("supergalactic", "sgal"),
}
_NAMES = "|".join(re.escape(w) for words in _FRAMES.values() for w in sorted(words, key=len, reverse=True) if w)
_WORD = re.compile(rf"(?<![\w.+-])({_NAMES})(?![\w+-])\s*[:=;]?", re.I)
#: <SkyCoord (ICRS): (ra, dec) in deg (150.1, 2.2)> and SkyCoord(ra=150.1*u.deg, dec=2.2*u.deg, frame="icrs").
_PRINTED = re.compile(r"<SkyCoord \(([A-Za-z0-9]+)[^)]*\): \(([\w, ]+)\) in (\w+)[\s\[]*\(([^)]*)\)", re.I)
_CALL = re.compile(r"SkyCoord\s*\((.*?)\)?$", re.I)
_REGION = re.compile(r"(?:circle|point|ellipse|box|annulus|text|cone|position)\s*\(\s*([^,()]+,[^,()]+)[,)].*", re.I)
_STC = re.compile(
    r"(?:circle|position|point|box|cone)\s+(?:([a-z][a-z0-9]+)\s+)?([+-]?[\d.]+\s+[+-]?[\d.]+)(?:\s.*)?", re.I
)
_SIGNS = str.maketrans("−–—‐‑ʰᵐˢᵈ", "-----hmsd")


def clean(text: str) -> str:
    """Write every minus, blank and mark as the keyboard's, without brackets around."""
    text = re.sub(r"\s+", " ", text.translate(_SIGNS)).strip(" ,;()[]{}")
    text = text if text.startswith("<Sky") else text.strip("<>")
    text = re.sub(r"(\d)\s*(s|″|\"|''|h|m|d)\.(\d+)", r"\1.\3\2", text)  # 24s.0, as journals print it
    text = re.sub(r"(:\d{1,2}),(\d+)(?= |$)", r"\1.\2", text)  # decimal commas, where they can be nothing else
    return re.sub(r"^([+-]?\d{1,3}),(\d+)(?: |; ?)([+-]?\d{1,2}),(\d+)$", r"\1.\2 \3.\4", text)


def name_frame(word: str) -> str:
    """Name the frame that a word stands for; the word itself where it is not known."""
    word = word.strip().lower()
    return next((frame for frame, words in _FRAMES.items() if word in words), word)


def unwrap(text: str) -> tuple[str, str]:
    """Take a position out of what stands around it.

    Returns
    -------
    text : str
        What may be a position.
    frame : str
        "icrs" where none is named, or equinox J2000; else "galactic", "B1950", "ecliptic" and so on.
    """
    if printed := _PRINTED.search(text):
        unit = {"deg": "", "rad": " rad", "hourangle": " h"}.get(printed[3].lower())
        values = printed[4].split(",")
        if unit is None or len(values) < 2:
            return "", "icrs"
        return " ".join(
            f"{v.strip()}{unit if i == 0 or unit == ' rad' else ''}" for i, v in enumerate(values[:2])
        ), name_frame(printed[1])
    frames: list[str] = []
    if call := _CALL.search(text):
        text = _open_call(call[1], frames)
    frames += [name_frame(word[1]) for word in _WORD.finditer(text)]
    text = _WORD.sub(" ", text).strip(" ,;")
    if region := _REGION.search(text):
        text = region[1].replace(",", " ")
    elif stc := _STC.fullmatch(text):
        frames += [name_frame(stc[1])] if stc[1] else []
        text = stc[2]
    text = re.sub(r"(?i)^(?:\(?\s*(?:ra|α)\s*,\s*(?:dec|δ)\s*\)?|pos(?:ition)?|coord(?:inate)?s?)\s*[:=]\s*", "", text)
    odd = [f for f in frames if f != "icrs"]
    return clean(text), odd[0] if odd else "icrs"


def _open_call(arguments: str, frames: list[str]) -> str:
    """Give the two angles among the arguments of astropy's SkyCoord."""
    if frame := re.search(r"frame\s*=\s*[\"']?(\w+)", arguments):
        frames.append(name_frame(frame[1]))
    unit = re.search(r"unit\s*=\s*(\(.*?\)|\[.*?\]|[^,]+)", arguments)
    kept = re.sub(r"(?:unit|frame|equinox|obstime)\s*=\s*(?:\(.*?\)|\[.*?\]|[^,]+)", " ", arguments)
    kept = re.sub(r"\*\s*(?:u|units)\.(\w+)", r" \1", kept).replace('"', " ").replace("'", " ")
    hours = unit is not None and "hour" in unit[1].lower()
    kept = re.sub(r"\s+", " ", kept).strip(" ,")
    return re.sub(r"^([\d.]+)(?=\s*[, ])", r"\1 h", kept) if hours and not re.search("[:hm]|\\d \\d+ ", kept) else kept
