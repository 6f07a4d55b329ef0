"""Several files at once: each its own verdict, single bands put together, one bad file spoils no other."""

import io

import numpy as np
import pytest

from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.explore.locate_many import embed_again, locate_many, settle_scale, stream_verdicts
from galexplore.explore.verdicts import NUMBERS, Verdict, list_verdicts
from galexplore.latents import LATENTS
from galexplore.places import ROOT
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from tests.pages.driver import make_fits, make_galaxy

pytestmark = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)


@pytest.fixture(scope="module")
def explorer():
    from galexplore.explore.models import load

    return load()


def make_band(band: str, flux: np.ndarray, header: bool = True) -> bytes:
    from astropy.io import fits

    with fits.open(io.BytesIO(make_fits(flux))) as cube:
        about = cube[0].header
    for word in ("BANDS", "NAXIS3"):
        about.remove(word, ignore_missing=True)
    if header:
        about["FILTER"] = band
    stream = io.BytesIO()
    fits.PrimaryHDU(flux["grz".index(band)], about).writeto(stream)
    return stream.getvalue()


def make_npy(flux: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, flux)
    return stream.getvalue()


def judge(files, explorer, **how) -> list[Verdict]:
    return [v for block in stream_verdicts(files, explorer, **how) for v in block]


def test_each_file_has_its_own_verdict(explorer):
    good, flux = make_fits(make_galaxy()), make_galaxy()
    files = [(good, "a.fits"), (b"rubbish", "b.fits"), (make_npy(flux), "c.npy"), (b"", "../../d.fits")]
    files += [(make_band(b, flux), f"pair-{b}.fits") for b in "zgr"] + [(good, "a.fits")]
    seen = []
    verdicts = judge(files, explorer, ask=True, progress=lambda done, of: seen.append((done, of)), ebv=0)
    assert [v.word for v in verdicts] == ["located", "refused", "pixel scale unknown", "refused", "located", "located"]
    assert verdicts[4].name == "pair-z.fits, pair-g.fits, pair-r.fits" and verdicts[3].name == "d.fits"
    assert seen[-1] == (8, 8) and "known here" in verdicts[1].error
    whole, bands = verdicts[0].embedded.row, verdicts[4].embedded.row
    assert whole == pytest.approx(bands, abs=1e-4, rel=1e-5), "the same galaxy in one file or in three"
    assert verdicts[2].waiting and not verdicts[0].waiting
    settled = settle_scale(verdicts, explorer, DECALS.model_scale, ebv=0)[2]
    assert settled.name == "c.npy" and not settled.waiting, "its bytes are kept only while it is asked for"
    assert settled.embedded.row == pytest.approx(whole, abs=2e-3, rel=1e-3)


def test_two_galaxies_of_three_bands_each(explorer):
    one, other = make_galaxy(), make_galaxy() * 2
    files = [(make_band(b, f), f"{name}_{b}.fits") for b in "grz" for name, f in (("m51", one), ("m83", other))]
    verdicts = judge(files, explorer)
    assert [v.word for v in verdicts] == ["located"] * 2
    assert [v.name.split(",")[0] for v in verdicts] == ["m51_g.fits", "m83_g.fits"]


def test_bands_of_the_same_name_in_two_folders_are_two_galaxies(explorer, tmp_path):
    files = []
    for folder in "ab":
        (tmp_path / folder).mkdir()
        for band in "grz":
            files.append(tmp_path / folder / f"m51-{band}.fits")
            files[-1].write_bytes(make_band(band, make_galaxy()))
    verdicts = judge(files, explorer)
    assert [v.word for v in verdicts] == ["located"] * 2 and all(
        f"/{f}/" in v.path for f, v in zip("ab", verdicts, strict=True)
    )


def test_three_bands_known_by_their_headers_alone(explorer):
    flux = make_galaxy()
    files = [(make_band(b, flux), name) for b, name in zip("grz", ("one.fits", "two.fits", "three.fits"), strict=True)]
    assert [v.word for v in judge(files, explorer)] == ["located"]


def test_two_bands_are_no_galaxy(explorer):
    flux = make_galaxy()
    verdicts = judge([(make_band(b, flux), f"m51-{b}.fits") for b in "gr"], explorer)
    assert [v.word for v in verdicts] == ["refused"] * 2 and all(v.error for v in verdicts)


def test_a_verdict_holds_what_locate_says(explorer):
    files = [(make_fits(make_galaxy()), "a.fits"), (b"rubbish", "b.fits")]
    good, bad = locate_many(explorer.locate, files)
    alone = explorer.locate(read(files[0][0]))
    assert good.location is good.location, "put together once"
    assert np.allclose(good.location.latents, alone.latents, atol=1e-6)
    assert good.location.neighbours["id"].tolist() == alone.neighbours["id"].tolist()
    assert bad.location is None and bad.error
    with pytest.raises(TypeError, match="Explorer"):
        locate_many(files, explorer)


def test_no_file_is_refused(explorer):
    with pytest.raises(InputError, match="0 files were given"):
        locate_many(explorer, [])


def test_the_table_names_every_file_once_and_reads_back_with_units(explorer):
    from astropy.table import Table

    good = make_fits(make_galaxy())
    verdicts = judge([(good, "a.fits"), (b"rubbish", "b.fits"), (good, "a.fits"), (good, "a.fits (2)")], explorer)
    table = list_verdicts(verdicts)
    assert table["id"].tolist() == ["a.fits", "b.fits", "a.fits (2)", "a.fits (2) (2)"]
    assert table["verdict"].tolist() == ["located", "refused", "located", "located"]
    alone = explorer.locate(read(good))
    for i, name in enumerate(LATENTS):
        assert table[f"lat_{name}"][0] == pytest.approx(alone.latents[i], abs=2e-5) and np.isnan(
            table[f"lat_{name}"][1]
        )
    assert table["percentile"][0] == pytest.approx(alone.percentile, abs=0.01)
    for form in ("fits", "votable", "ecsv"):
        stream = io.BytesIO()
        catalogue.write(table, stream, form)
        again = Table.read(io.BytesIO(stream.getvalue()), format={"ecsv": "ascii.ecsv"}.get(form, form))
        assert [str(i) for i in again["id"]] == table["id"].tolist()
        assert str(again["lat_phi"].unit) == "rad"
        assert str(again["lat_logmass"].unit) == ("None" if form == "fits" else "dex"), "no unit of the FITS standard"


def test_many_blocks_say_what_one_does_in_the_same_order(explorer, tmp_path, monkeypatch):
    """The three bands of a galaxy may lie where one block would end and the next begin."""
    files = []
    for i, factor in enumerate((1.0, 1.5, 0.7, 1.2)):
        files.append(tmp_path / f"{i}.fits")
        files[-1].write_bytes(make_fits(make_galaxy() * np.float32(factor)))
        if i == 1:
            for band in "grz":
                files.append(tmp_path / f"pair-{band}.fits")
                files[-1].write_bytes(make_band(band, make_galaxy()))
    (tmp_path / "broken").write_bytes(b"SIMPLE  = no")
    files.insert(3, tmp_path / "broken")
    whole = list_verdicts(locate_many(explorer, files))
    monkeypatch.setattr("galexplore.explore.locate_many.BLOCK", 2)
    sizes, seen = [], []
    embed = explorer.embed
    monkeypatch.setattr(explorer, "embed", lambda s, p: sizes.append(len(p)) or embed(s, p))
    parts = list_verdicts(locate_many(explorer, files, progress=lambda done, of: seen.append((done, of))))
    assert whole["id"].tolist() == parts["id"].tolist() and whole["path"].tolist() == parts["path"].tolist()
    assert whole["id"][2] == "pair-g.fits, pair-r.fits, pair-z.fits"
    numbers = [c for c in NUMBERS if c != "percentile"]
    assert np.allclose(whole[numbers], parts[numbers], rtol=1e-5, atol=1e-6, equal_nan=True)
    assert np.allclose(whole["percentile"], parts["percentile"], atol=0.01, equal_nan=True)
    assert max(sizes) <= 4 and len(sizes) > 1, "no more than a block and its bands at once"
    assert seen == [(n, len(files)) for n in range(1, len(files) + 1)]


def test_three_left_over_in_one_of_many_blocks_are_no_galaxy(explorer, monkeypatch):
    """Only whoever sees all files may take three single bands with other names for one galaxy."""
    monkeypatch.setattr("galexplore.explore.locate_many.BLOCK", 3)
    names = ("one.fits", "two.fits", "three.fits", "four.fits")
    files = [(make_band(b, make_galaxy()), name) for b, name in zip("grzg", names, strict=True)]
    assert list_verdicts(locate_many(explorer, files))["verdict"].tolist() == ["refused"] * 4


@pytest.mark.parametrize("trouble", [RuntimeError("\n a library's"), MemoryError(), KeyError("x"), RecursionError()])
def test_whatever_a_file_raises_is_its_own_verdict(explorer, monkeypatch, trouble):
    from galexplore.explore import locate_many as module

    prepare = module.prepare

    def stumble(cutout, *how):
        if cutout.name == "bad.fits":
            raise trouble
        return prepare(cutout, *how)

    monkeypatch.setattr(module, "prepare", stumble)
    good = make_fits(make_galaxy())
    table = list_verdicts(locate_many(explorer, [(good, "a.fits"), (good, "bad.fits"), (good, "c.fits")]))
    assert table["verdict"].tolist() == ["located", "refused", "located"]
    assert table["detail"][1] and "\n" not in table["detail"][1]


def test_a_galaxy_that_the_network_chokes_on_spoils_no_other(explorer, monkeypatch):
    read = explorer.embedder.read

    def choke(flux, *how):
        if (flux[:, 0, 0, 0] == 7).any():
            raise RuntimeError("no such thing")
        return read(flux, *how)

    monkeypatch.setattr(explorer.embedder, "read", choke)
    from galexplore.explore import locate_many as module

    prepare = module.prepare

    def mark(cutout, *how):
        prepared = prepare(cutout, *how)
        if cutout.name == "bad.fits":
            prepared.flux[0, 0, 0] = 7
        return prepared

    monkeypatch.setattr(module, "prepare", mark)
    good = make_fits(make_galaxy())
    table = list_verdicts(locate_many(explorer, [(good, "a.fits"), (good, "bad.fits"), (good, "c.fits")]))
    assert table["verdict"].tolist() == ["located", "refused", "located"] and "no finite answer" in table["detail"][1]


def test_without_asking_a_file_that_does_not_say_its_scale_is_refused_with_its_reason(explorer):
    files = [(make_npy(make_galaxy()), "a.npy")]
    table = list_verdicts(locate_many(explorer, files))
    assert table["verdict"][0] == "refused" and "pixel scale" in table["detail"][0]
    assert list_verdicts(locate_many(explorer, files, pixel_scale=DECALS.model_scale))["verdict"][0] == "located"


def test_another_model_embeds_the_same_pixels_again(explorer):
    verdicts = judge([(make_fits(make_galaxy()), "a.fits"), (b"x", "b.fits")], explorer)
    again = embed_again(verdicts, explorer)
    assert again[0].embedded.row == pytest.approx(verdicts[0].embedded.row, abs=1e-6) and again[1] == verdicts[1]


@pytest.mark.parametrize("error", [RuntimeError("broken"), MemoryError(), RecursionError()])
def test_an_unexpected_error_is_one_files_verdict(explorer, monkeypatch, error):
    from galexplore.explore import locate_many as module

    def read_oddly(source, **how):
        if how["name"] == "odd.fits":
            raise error
        return read(source, **how)

    monkeypatch.setattr(module, "read", read_oddly)
    good = make_fits(make_galaxy())
    verdicts = locate_many(explorer, [(good, "a.fits"), (good, "odd.fits"), (good, "b.fits")])
    assert [v.word for v in verdicts] == ["located", "refused", "located"]
    assert ("memory" if isinstance(error, MemoryError) else "unexpected") in verdicts[1].error


def test_the_stamps_of_des_are_put_together_and_right(explorer, real):
    from galexplore.bench.real import locate_all, write_table

    files = sorted((real / "cutouts").glob("des_UGC01333_*.fits"))
    (verdict,) = locate_many(explorer, files)
    low, high = verdict.location.interval("redshift", 95)
    assert low < 0.058 < high
    rows = locate_all(explorer, real / "cutouts")
    (row,) = [r for r in rows if "UGC01333" in r["file"]]
    assert "latents" in row and row["file"].count("des_") == 3
    assert "redshift" in write_table(rows)


def test_files_may_come_one_by_one_and_must_be_files(explorer, tmp_path):
    (tmp_path / "a.fits").write_bytes(make_fits(make_galaxy()))
    for files in (str(tmp_path / "a.fits"), (p for p in [tmp_path / "a.fits"])):
        assert [v.word for v in locate_many(explorer, files)] == ["located"]
    for odd in ([["a.fits"]], [("a.fits",)], [b"bytes alone"], [None]):
        with pytest.raises(InputError, match="each file must be"):
            locate_many(explorer, odd)
