"""Many files, block by block: each one's own verdict, single bands of one galaxy put together, and a table of all."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from inspect import ismethod
from pathlib import Path

from galexplore.cutouts.audit import Prepared, prepare
from galexplore.cutouts.cutout import Cutout
from galexplore.cutouts.dust import check_ebv
from galexplore.cutouts.readers import read
from galexplore.cutouts.seeing import GivenSeeing, check_seeing
from galexplore.errors import InputError
from galexplore.explore.bands import cut_blocks, find_sets
from galexplore.explore.embedded import Given, Source, condition
from galexplore.explore.explorer import NO_ANSWER, Explorer
from galexplore.explore.location import Location
from galexplore.explore.verdicts import File, Verdict, find_path, name_file
from galexplore.files import bare_name
from galexplore.survey import Survey

Progress = Callable[[int, int], None]

BLOCK = 64  # files that are read, embedded and forgotten together: memory holds one block, whatever the list
UNEXPECTED = "an unexpected error occurred: the file may be damaged or of another type"

#: A galaxy on its way: its names, and what is to be encoded.
_Ready = tuple[Verdict, Source, Prepared]


def locate_many(
    explorer: Explorer | Callable[[Cutout], Location],
    files: Sequence[File],
    pixel_scale: float | None = None,
    progress: Progress = lambda done, of: None,
    *,
    redshifts: Mapping[str, Given] | None = None,
    ebv: float | None = None,
    seeing: GivenSeeing | None = None,
) -> list[Verdict]:
    """Locate many cutouts: a verdict on each galaxy, whatever came of it.

    Parameters
    ----------
    explorer : Explorer
        Or its method `locate`.
    files : sequence of paths, or of (bytes, name)
        One galaxy each, or single bands: see `stream_verdicts`.
    pixel_scale : float, optional
        Arcsec a pixel, for files that do not say.
    progress : callable
        Called with the number of files that are done, and of all.
    redshifts : mapping, optional
        Names of files, with or without what follows the last dot, to redshifts that are known otherwise.
    ebv : float, optional
        E(B-V) [mag] before all of them, instead of the map's at the position of each; 0 for none.
    seeing : float or sequence, optional
        FWHM [arcsec] of a star in all of them, in all bands or in each, instead of what each file says.

    Returns
    -------
    list of Verdict
        `location` is what `Explorer.locate` says; a file that cannot be used has its reason in `error` instead.
        `list_verdicts` makes a table of them.

    Raises
    ------
    InputError
        Where no file is given, `ebv` is not from 0 to 5, or `seeing` is none.
    TypeError
        Where the first argument is neither an explorer nor its `locate`.
    """
    whose = explorer.__self__ if ismethod(explorer) else explorer
    if not isinstance(whose, Explorer):
        raise TypeError("give an Explorer or its locate first, then the files")
    blocks = stream_verdicts(files, whose, pixel_scale, progress=progress, redshifts=redshifts, ebv=ebv, seeing=seeing)
    return [verdict for block in blocks for verdict in block]


def stream_verdicts(
    files: Sequence[File],
    explorer: Explorer,
    pixel_scale: float | None = None,
    *,
    ask: bool = False,
    progress: Progress = lambda done, of: None,
    redshifts: Mapping[str, Given] | None = None,
    ebv: float | None = None,
    seeing: GivenSeeing | None = None,
) -> Iterator[list[Verdict]]:
    """Locate files block by block; memory holds one block, and a bad file spoils no other.

    Files of a single band are put together, one of each: those whose names differ in the band's letter alone, else,
    where one block holds all files, those that are left over if they are as many as the bands. No two verdicts have the
    same name: the second "a.fits" is "a.fits (2)".

    Parameters
    ----------
    ask : bool
        Whether a file that lacks nothing but its pixel scale waits for it, rather than being refused.

    Raises
    ------
    InputError
        Where no file is given, or one is neither a path nor bytes with a name; where `ebv` is not from 0 to 5, or
        `seeing` is none.
    """
    check_ebv(ebv)
    check_seeing(seeing, explorer.survey)
    files = [files] if isinstance(files, str | os.PathLike) else list(files)
    for file in files:
        if not isinstance(file, str | os.PathLike) and not (
            isinstance(file, tuple) and len(file) == 2 and isinstance(file[0], bytes) and isinstance(file[1], str)
        ):
            raise InputError("each file must be a path, or its bytes with a name: (bytes, name)")
    if not files:
        raise InputError("0 files were given; give at least one cutout")
    taken: set[str] = set()
    before = 0
    for block in cut_blocks(files, BLOCK, explorer.survey):
        count = partial(_count_on, progress, before, len(files))
        verdicts = locate_block(block, explorer, pixel_scale, ask, len(block) == len(files), count, ebv, seeing)
        told = [_tell(v, redshifts, explorer) for v in verdicts] if redshifts else verdicts
        yield [replace(v, name=_make_unique(v.name, taken)) for v in told]
        before += len(block)


def _count_on(progress: Progress, before: int, of: int, done: int) -> None:
    progress(before + done, of)


def locate_block(
    files: Sequence[File],
    explorer: Explorer,
    pixel_scale: float | None = None,
    ask: bool = False,
    whole: bool = True,
    progress: Callable[[int], None] = lambda done: None,
    ebv: float | None = None,
    seeing: GivenSeeing | None = None,
) -> list[Verdict]:
    """Read and prepare files, embed what is good in one pass, and give each galaxy's verdict in the files' order.

    Parameters
    ----------
    whole : bool
        Whether these are all the files there are: only then are those left over taken for the bands of one galaxy.
    """
    tried = prepare_files(files, explorer.survey, pixel_scale, ask, whole, progress, ebv, seeing)
    return _embed(tried, explorer)


def prepare_files(
    files: Sequence[File],
    survey: Survey,
    pixel_scale: float | None = None,
    ask: bool = False,
    whole: bool = True,
    progress: Callable[[int], None] = lambda done: None,
    ebv: float | None = None,
    seeing: GivenSeeing | None = None,
) -> list[Verdict | _Ready]:
    """Read and prepare files as `locate_block` does: what is to be embedded of each galaxy, or why it was refused."""
    tried: list[Verdict | _Ready | None] = []
    for done, file in enumerate(files, 1):
        tried.append(_prepare((file,), survey, pixel_scale, ask, ebv=ebv, seeing=seeing))
        progress(done)
    unread = [isinstance(t, Verdict) and bool(t.error) and not t.checks for t in tried]
    for group in find_sets(files, unread, survey, whole):
        together = _prepare(tuple(files[i] for i in group), survey, pixel_scale, ask, ebv=ebv, seeing=seeing)
        if not isinstance(together, Verdict) or together.checks or not together.error:
            tried[group[0]] = together
            for i in group[1:]:
                tried[i] = None
    return [t for t in tried if t is not None]


def locate_cutout(cutout: Cutout, explorer: Explorer, simulated: bool = False) -> Verdict:
    """Give the verdict on a cutout that was read already."""
    verdict = Verdict(cutout.name, simulated=simulated)
    try:
        return _embed([(verdict, Source.of(cutout), prepare(cutout, explorer.survey))], explorer)[0]
    except InputError as error:
        return replace(verdict, error=str(error), checks=error.checks)


def settle_scale(
    verdicts: Sequence[Verdict], explorer: Explorer, pixel_scale: float, ebv: float | None = None
) -> list[Verdict]:
    """Locate, with the pixel scale [arcsec], what only lacked it; all other verdicts stay."""
    survey = explorer.survey
    tried = [_prepare(v.waiting, survey, pixel_scale, True, v.name, ebv) if v.waiting else v for v in verdicts]
    return _embed(tried, explorer)


def embed_again(verdicts: Sequence[Verdict], explorer: Explorer) -> list[Verdict]:
    """Locate by another model, from the pixels that were prepared, what had been located."""
    shape, tried = explorer.survey.shape, list[Verdict | _Ready]()
    for v in verdicts:
        if not v.embedded:
            tried.append(v)
        elif v.embedded.prepared.flux.shape == shape:
            tried.append((replace(v, embedded=None, conclude=None), v.embedded.source, v.embedded.prepared))
        else:
            tried.append(
                replace(
                    v,
                    embedded=None,
                    conclude=None,
                    error=f"this model reads {explorer.survey.name}; give the file again",
                )
            )
    return _embed(tried, explorer)


def _prepare(
    files: tuple[File, ...],
    survey: Survey,
    pixel_scale: float | None,
    ask: bool,
    called: str = "",
    ebv: float | None = None,
    seeing: GivenSeeing | None = None,
) -> Verdict | _Ready:
    """Read one file, or one a band, and prepare the galaxy, or say why not; no trouble of a file reaches further."""
    names = [name_file(f) for f in files]
    verdict = Verdict(called or ", ".join(names), ", ".join(find_path(f) for f in files))
    try:
        data = [f[0] if isinstance(f, tuple) else f for f in files]
        single = len(files) == 1
        source, name = (data[0], names[0]) if single else (data, names)
        cutout = read(source, survey=survey, pixel_scale=pixel_scale, name=name)
        if ask and cutout.pixel_scale is None:
            return replace(verdict, waiting=files)
        return verdict, Source.of(cutout), prepare(cutout, survey, ebv, seeing)
    except InputError as error:
        return replace(verdict, error=str(error), checks=error.checks)
    except MemoryError:
        return replace(verdict, error="there is not enough memory for the file; cut out the galaxy first")
    except Exception:  # whatever it is, it is this file's own trouble: the others go on
        return replace(verdict, error=UNEXPECTED)


def _embed(tried: Sequence[Verdict | _Ready], explorer: Explorer) -> list[Verdict]:
    """Embed what is ready, all at once, and put each answer where it belongs."""
    ready = [t for t in tried if not isinstance(t, Verdict)]
    answers = iter(_embed_each(ready, explorer))
    return [t if isinstance(t, Verdict) else next(answers) for t in tried]


def _embed_each(ready: list[_Ready], explorer: Explorer) -> list[Verdict]:
    """Embed prepared galaxies; where a block fails as a whole, each for itself."""
    if not ready:
        return []
    try:
        embedded = explorer.embed([source for _, source, _ in ready], [prepared for _, _, prepared in ready])
    except Exception:
        if len(ready) == 1:
            verdict, _, prepared = ready[0]
            return [replace(verdict, error=NO_ANSWER, checks=prepared.checks)]
        return [_embed_each([one], explorer)[0] for one in ready]
    return [
        replace(verdict, embedded=e, conclude=explorer.conclude)
        if e
        else replace(verdict, error=NO_ANSWER, checks=prepared.checks)
        for (verdict, _, prepared), e in zip(ready, embedded, strict=True)
    ]


def _tell(verdict: Verdict, redshifts: Mapping[str, Given], explorer: Explorer) -> Verdict:
    """Tell a galaxy that was located its redshift, where that of one of its files is known."""
    names = [name for part in verdict.path.split(", ") for name in (bare_name(part), Path(bare_name(part)).stem)]
    given = next((redshifts[name] for name in names if name in redshifts), None)
    if verdict.embedded is None or given is None:
        return verdict
    return replace(verdict, embedded=condition(verdict.embedded, given, explorer.atlas))


def _make_unique(name: str, taken: set[str]) -> str:
    """Add a number to a name that was there before, and note it."""
    unique, n = name, 1
    while unique in taken:
        n += 1
        unique = f"{name} ({n})"
    taken.add(unique)
    return unique
