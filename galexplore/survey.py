"""The imaging that a model reads; nothing else in the package knows a band, a pixel scale or a survey's name."""

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from galexplore.errors import InputError

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NANOMAGGY = 22.5  # AB magnitude of one nanomaggy


@dataclass(frozen=True)
class Survey:
    """A survey's imaging, and the grid onto which a model averages it.

    Fluxes are surface brightness: flux per native pixel, the same value at any sampling. Whatever is listed by band is
    in the order of `bands`, which is that of every array's planes.

    Attributes
    ----------
    name : str
    bands : tuple of str
        One small letter each.
    zero_point : float
        AB magnitude of a flux of one: 22.5 for nanomaggies.
    pixel_scale : float
        Arcsec a native pixel.
    native_size, size : int
        Pixels a side of the field: native ones, and the model's.
    noise : tuple of float
        Sky noise of one native pixel at typical depth, by band.
    peak : tuple of float
        Brightest pixel of a galaxy, the mean over galaxies, on the model's grid, by band.
    display : tuple of float
        By what each band is multiplied before it is drawn in colour.
    display_m, display_q : float
        Offset and softening of the colours (`galexplore.cutouts.colour.to_rgb`).
    rgb : tuple of three str
        The bands drawn red, green and blue.
    reference : str
        The band in which brightness is told.
    extinction : tuple of float
        A_b / E(B - V), by band.
    layer : str
        The survey's layer in the Legacy Surveys' viewer; empty where it has none.

    Raises
    ------
    InputError
        One sentence, where the fields contradict each other or are impossible.
    """

    name: str
    bands: tuple[str, ...]
    zero_point: float
    pixel_scale: float
    native_size: int
    size: int
    noise: tuple[float, ...]
    peak: tuple[float, ...]
    display: tuple[float, ...]
    display_m: float
    display_q: float
    rgb: tuple[str, str, str]
    reference: str
    extinction: tuple[float, ...]
    layer: str

    def __post_init__(self) -> None:
        for name in _TUPLES:
            if not isinstance(getattr(self, name), tuple):
                raise InputError(f"the survey's {name} must be a tuple, one for each band")
        self._check_bands()
        for name in ("noise", "peak", "display", "extinction"):
            values = getattr(self, name)
            if len(values) != len(self.bands):
                raise InputError(f"the survey has {len(self.bands)} bands and {len(values)} values of {name}")
            if not all(_is_positive(v) or (name == "extinction" and v == 0) for v in values):
                raise InputError(f"the survey's {name} must be positive numbers, not {values}")
        for name in ("pixel_scale", "display_m", "display_q"):
            if not _is_positive(getattr(self, name)):
                raise InputError(f"the survey's {name} must be a positive number, not {getattr(self, name)!r}")
        for name in ("native_size", "size"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InputError(f"the survey's {name} must be a whole number of pixels, not {value!r}")
        if not _is_number(self.zero_point):
            raise InputError(f"the survey's zero_point must be an AB magnitude, not {self.zero_point!r}")

    def _check_bands(self) -> None:
        letters = all(isinstance(b, str) and len(b) == 1 and b.isascii() and b.islower() for b in self.bands)
        if not self.bands or not letters or len(set(self.bands)) < len(self.bands):
            raise InputError(f"the survey's bands must be different small letters, not {self.bands}")
        if len(self.bands) >= len(_NUMBERS):
            raise InputError(f"the survey has {len(self.bands)} bands; at most {len(_NUMBERS) - 1} are read")
        if len(self.rgb) != 3 or not all(b in self.bands for b in self.rgb):
            raise InputError(f"the survey's rgb must be three of its bands {self.band_words}, not {self.rgb}")
        if self.reference not in self.bands:
            raise InputError(f"the survey's reference must be one of {self.band_words}, not {self.reference!r}")
        for name in ("name", "layer"):
            if not isinstance(getattr(self, name), str):
                raise InputError(f"the survey's {name} must be text")

    @property
    def field(self) -> float:
        """Side of a model input in arcsec."""
        return self.native_size * self.pixel_scale

    @property
    def model_scale(self) -> float:
        """Pixel scale of a model input in arcsec."""
        return self.field / self.size

    @property
    def model_noise(self) -> tuple[float, ...]:
        """Sky noise of one model pixel a band: the native noise averaged over the native pixels it covers."""
        return tuple(s * self.pixel_scale / self.model_scale for s in self.noise)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (bands, size, size) of a model input."""
        return len(self.bands), self.size, self.size

    @property
    def band_words(self) -> str:
        """The bands in a sentence: "g, r and z"."""
        return " and ".join(filter(None, (", ".join(self.bands[:-1]), self.bands[-1])))

    @property
    def count_word(self) -> str:
        """How many bands there are, in a word: "three"."""
        return _NUMBERS[len(self.bands)]

    @property
    def archive(self) -> str:
        """Whose cutouts they are, in a sentence: the Legacy Survey's where the layer is one of its own."""
        return "Legacy Survey" if self.layer.startswith("ls-") else self.name

    @property
    def is_northern(self) -> bool:
        """Whether it is what the Legacy Surveys have north of Dec 32.375, as its layer says."""
        return self.layer.startswith("ls-") and self.layer.endswith("-north")

    @property
    def has_pictures(self) -> bool:
        """Whether a colour picture shows all its bands, so that it can be inverted."""
        return sorted(self.rgb) == sorted(self.bands)

    @property
    def flux_unit(self) -> str:
        """The unit of a flux of one, as astropy spells it."""
        factor = self.to_nanomaggies
        return "nanomaggy" if factor == 1 else f"{factor:.12g} nanomaggy"

    @property
    def to_nanomaggies(self) -> float:
        """How many nanomaggies a flux of one is."""
        return float(10 ** (0.4 * (_NANOMAGGY - self.zero_point)))

    def index(self, band: str) -> int:
        """Place of a band among the planes of an array.

        Raises
        ------
        InputError
            Where the survey has no such band.
        """
        if band not in self.bands:
            raise InputError(f"{self.name} has no band {band!r}; it has {self.band_words}")
        return self.bands.index(band)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as JSON holds them."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Survey":
        """Make the survey that `to_dict` wrote.

        Raises
        ------
        InputError
            One sentence, where a field lacks, is unknown or breaks the rules of the class.
        """
        if not isinstance(fields, Mapping):
            raise InputError("the survey must be a table of fields by name")
        names = {f.name for f in dataclasses.fields(cls)}
        if lacking := sorted(names - set(fields)):
            raise InputError(f"the survey lacks {', '.join(lacking)}")
        if unknown := sorted(map(str, set(fields) - names)):
            raise InputError(f"the survey has unknown fields: {', '.join(unknown)}")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
        return cls(**values)

    @classmethod
    def find(cls, text: str) -> "Survey":
        """Find the survey of a name, whatever its case and punctuation, or read it from a JSON file.

        Raises
        ------
        InputError
            One sentence, where it is neither, or as of `open`.
        """
        for survey in SURVEYS:
            if _spell(text) == _spell(survey.name):
                return survey
        if not Path(text).suffix and not Path(text).exists():
            known = " and ".join(survey.name for survey in SURVEYS)
            raise InputError(f"no survey is called {text!r}: {known} are known; of another one give a JSON file")
        return cls.open(Path(text))

    @classmethod
    def open(cls, path: Path) -> "Survey":
        """Read a survey from a JSON file of the fields that `to_dict` gives.

        Raises
        ------
        InputError
            One sentence, where it is no such file, or as of `from_dict`.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"there is no readable survey {path.name}; give a JSON file of its fields") from error
        try:
            return cls.from_dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise InputError(
                f"the survey {path.name} is no JSON; give its fields as Survey.to_dict writes them"
            ) from error


_TUPLES = ("bands", "noise", "peak", "display", "rgb", "extinction")


def _spell(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


#: The DECam Legacy Survey in g, r, z: nanomaggies per native pixel over 33.5 arcsec, and the Legacy viewer's colours.
DECALS = Survey(
    name="DECaLS",
    bands=("g", "r", "z"),
    zero_point=22.5,
    pixel_scale=0.262,
    native_size=128,
    size=69,
    noise=(0.0030, 0.0045, 0.0120),
    peak=(0.15, 0.40, 0.87),
    display=(6.0, 3.4, 2.2),
    display_m=0.03,
    display_q=20.0,
    rgb=("z", "r", "g"),
    reference="r",
    extinction=(3.214, 2.165, 1.211),
    layer="ls-dr10",
)

#: The Beijing-Arizona Sky Survey in g and r and the Mayall z-band Legacy Survey, which the Legacy Surveys have north of
#: Dec 32.375 in the same pixels; DESI's coefficients of dust for these filters (`desiutil.dust`).
BASS_MZLS = Survey(
    name="BASS/MzLS",
    bands=("g", "r", "z"),
    zero_point=22.5,
    pixel_scale=0.262,
    native_size=128,
    size=69,
    noise=(0.0020, 0.0037, 0.0096),
    peak=(0.12, 0.32, 0.87),
    display=(6.0, 3.4, 2.2),
    display_m=0.03,
    display_q=20.0,
    rgb=("z", "r", "g"),
    reference="r",
    extinction=(3.258, 2.176, 1.199),
    layer="ls-dr9-north",
)

#: Those that are known by name.
SURVEYS = (DECALS, BASS_MZLS)
