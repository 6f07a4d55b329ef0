"""Catalogues of real galaxies: asked page by page, cut, mapped; tables of the literature; every fault a sentence."""

import numpy as np
import pandas as pd
import pytest

from galexplore.errors import InputError
from galexplore.jobs.fetch_catalogue import fetch_catalogue, fetch_tap, plan_catalogue, take_own
from galexplore.jobs.fetch_cutouts import SELECTED
from galexplore.sources.catalogues.angles import measure_shape
from galexplore.sources.catalogues.labels import map_labels, read_labels
from galexplore.sources.catalogues.own import parse_mapping, read_own
from galexplore.sources.catalogues.pages import ask
from galexplore.sources.catalogues.populations import PUBLISHED, fetch_published, parse_published, read_published
from galexplore.sources.catalogues.selection import DUPLICATE, find_duplicates, select, settle, split
from galexplore.sources.catalogues.services import SERVICES, find_service
from galexplore.sources.stand_in.spectra import ROWS, draw_rows
from galexplore.sources.transport import ServerError, Session
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from galexplore.tables.contract import validate
from galexplore.tables.positions import separate
from tests.analytic import draw_ellipse
from tests.sources.answering import Scripted

PEAS, SPIRALS = PUBLISHED


@pytest.mark.parametrize("name", ["sdss", "gama"])
def test_a_catalogue_is_cut_and_says_where_it_comes_from(server, session, tmp_path, name):
    said = fetch_catalogue(SERVICES[name], tmp_path, session, ROWS)
    frame = catalogue.read(tmp_path / SELECTED)
    validate(frame)
    rows = draw_rows().set_index("id")
    assert len(frame) == said["rows"] == ROWS - 2
    assert said["dropped"] == {"logsfr or its error not known": 1, f"within {DUPLICATE:g} arcsec of another row": 1}
    assert frame["id"].str.len().eq(18).all(), "ids of 18 digits keep all of them"
    own = rows.loc[frame["id"]]
    assert frame["logmass"].to_numpy() == pytest.approx(own["logmass"].to_numpy())
    half = (own["logsfr_p84"] - own["logsfr_p16"]).to_numpy() / 2
    assert frame["logsfr_err"].to_numpy() == pytest.approx(half)
    assert said["imf"] and said["cosmology"] and said["citation"] and not said["simulated"]
    assert frame.attrs["selection"] == said["selection"]


def test_pages_that_were_kept_are_not_asked_for_again(server, session, tmp_path):
    plan = plan_catalogue(session, SERVICES["sdss"], 100)
    assert (plan.there, plan.rows, plan.one_in) == (ROWS, 130, 15) and "130 rows" in str(plan)
    server.asked.clear()
    server.plan("skyserver", "", "", "404")
    with pytest.raises(ServerError, match="404"):
        fetch_catalogue(SERVICES["sdss"], tmp_path, session, 100, plan, page=40)
    assert len(server.asked) == 3 and not (tmp_path / SELECTED).exists()
    fetch_catalogue(SERVICES["sdss"], tmp_path, session, 100, plan, page=40)
    assert len(server.asked) == 3 + 2, "the two pages that had come are there"
    assert len(catalogue.read(tmp_path / SELECTED)) == 100
    assert not list((tmp_path / "pages").iterdir())


def test_thinning_takes_galaxies_of_the_whole_sky(session, tmp_path):
    fetch_catalogue(SERVICES["gama"], tmp_path, session, 50)
    frame = catalogue.read(tmp_path / SELECTED)
    assert len(frame) == 50 and np.ptp(frame["ra"]) > 200


FAULTS = {
    "429": "busy or broken .429",
    "503": "busy or broken .503",
    "truncated body": "closes the connection",
    "HTML with status 200": "a web page",
    "endless body": "more than 50 MB",
    "oversize": "more than 50 MB",
    "redirect elsewhere": "not asked",
    "redirect to a private address": "not asked",
    "redirect to a file": "not asked",
    "429 for an hour": "busy or broken|asks to wait",
}


@pytest.mark.parametrize("fault", [*FAULTS, "empty body", "404", "500"])
@pytest.mark.parametrize(("service", "name"), [("skyserver", "sdss"), ("tap", "gama"), ("tap-job", "desi")])
def test_each_fault_gets_its_sentence(server, session, service, name, fault):
    query = SERVICES[name].query.format(top=3, after=0, thin="", ids=", ".join(draw_rows()["id"][:3]))
    server.plan(service, *[fault] * 8)
    with pytest.raises(InputError, match=None if service == "tap-job" else FAULTS.get(fault)) as caught:
        ask(session, SERVICES[name], query)
    assert "\n" not in str(caught.value) and len(str(caught.value)) > 20
    server._plan.clear()
    assert len(ask(session, SERVICES[name], query)) == 3


def test_a_wrong_query_is_told_in_the_services_words(session, tmp_path):
    with pytest.raises(ServerError, match="refuses the query: Syntax error near SELEC"):
        fetch_tap("https://datacentral.org.au/vo/tap", "SELEC 1", tmp_path, session, {}, "", "", 5)


@pytest.mark.parametrize(
    "url",
    [
        "http://tap.example.org/tap",
        "file:///etc/passwd",
        "https://user@tap.example.org/",
        "https://tap.example.org:81/",
    ],
)
def test_services_that_a_person_names_are_asked_over_https_alone(tmp_path, url):
    adapter = Scripted((200, {}, b""))
    with pytest.raises(InputError, match="not asked"):
        fetch_tap(url, "SELECT 1", tmp_path, Session(adapter=adapter), {}, "", "", 5)
    assert not adapter.asked


def test_a_service_that_a_person_names_may_be_on_no_private_address(tmp_path):
    session = Session(resolve=lambda host, port: ["10.0.0.1"])
    with pytest.raises(InputError, match="private network"):
        fetch_tap("https://tap.example.org/tap", "SELECT 1", tmp_path, session, {}, "", "", 5)
    with pytest.raises(InputError, match="it is none of"):
        Session(resolve=lambda host, port: ["10.0.0.1"]).fetch("https://tap.example.org/tap")


def test_any_tap_service_gives_a_catalogue(session, tmp_path):
    query = "SELECT TOP 30 id, ra, dec, z, logmass FROM t"
    said, _ = fetch_tap(
        "https://datacentral.org.au/vo/tap", query, tmp_path, session, {"logmass_err": "0.1"}, "Kroupa", "", 30
    )
    assert said["rows"] == 29 and said["imf"] == "Kroupa"
    assert catalogue.read(tmp_path / SELECTED)["logmass_err"].eq(0.1).all()


def make_labels(rows):
    """What PROVABGS's own table calls its columns; the draws scatter by 0.2 dex."""
    draws = np.random.default_rng(3).normal(10.5, 0.2, (len(rows), 100))
    frame = pd.DataFrame({"object_id": rows["id"], "ra": rows["ra"], "dec": rows["dec"], "LOG_MSTAR": 10.5})
    mcmc = [[[one, 0.0] for one in some] for some in draws]
    return frame.assign(AVG_SFR=10**0.25, PROVABGS_MCMC=mcmc).reset_index(drop=True), draws.std(axis=1)


def test_desi_is_asked_for_those_that_are_labelled_and_by_jobs(server, session, tmp_path):
    with pytest.raises(InputError, match="give --labels FILE"):
        fetch_catalogue(SERVICES["desi"], tmp_path, session, 20)
    rows = draw_rows().iloc[::2]
    frame, spread = make_labels(rows)
    labels = map_labels(frame, {})
    assert labels["logmass_err"].to_numpy() == pytest.approx(spread)
    plan = plan_catalogue(session, SERVICES["desi"], 300, labels)
    assert (plan.there, plan.rows, plan.requests) == (1000, 390, 12) and not server.asked
    said = fetch_catalogue(SERVICES["desi"], tmp_path, session, 300, plan, labels)
    kept = catalogue.read(tmp_path / SELECTED)
    assert len(kept) == said["rows"] == 300 and set(kept["id"]) <= set(rows["id"]) and np.ptp(kept["ra"]) > 200
    assert kept["logmass"].eq(10.5).all() and kept["logsfr"].to_numpy() == pytest.approx(0.25)
    assert kept["z"].to_numpy() == pytest.approx(rows.set_index("id").loc[kept["id"], "z"].to_numpy())
    assert kept["logsfr_err"].eq(0.3).all() and said["notes"] == [
        "no error of logsfr is stated: 0.3 dex, typical of such, was taken of all"
    ]
    assert len(server.asked) <= plan.requests * 1.5 and all(asked.startswith("tap-job ") for asked in server.asked)
    assert not server.jobs._jobs, "no job is left behind"


def test_a_job_that_is_refused_says_so_in_the_services_words(session):
    with pytest.raises(ServerError, match=r"refuses the query: .*Syntax error near SELEC"):
        ask(session, SERVICES["desi"], "SELEC 1")


def test_labels_have_ids_and_names():
    frame, _ = make_labels(draw_rows().iloc[:3])
    with pytest.raises(InputError, match="no column id, such as TARGETID"):
        map_labels(frame.drop(columns="object_id"), {})
    with pytest.raises(InputError, match="no whole numbers, such as 'x7'"):
        map_labels(frame.assign(object_id=["1", "x7", "2"]), {})
    with pytest.raises(InputError, match="no logmass and no logsfr"):
        map_labels(frame.drop(columns=["LOG_MSTAR", "AVG_SFR"]), {})
    mapped = map_labels(frame.rename(columns={"object_id": "TARGETID"}), {"logmass": "LOG_MSTAR - 0.1"})
    assert mapped["logmass"].eq(10.4).all() and list(mapped["id"]) == list(draw_rows()["id"][:3])


def test_labels_of_a_file_and_of_a_hats_catalogue_are_the_same(tmp_path):
    rows = draw_rows()
    frame, spread = make_labels(rows[rows["ra"].between(140, 160)].iloc[:40])
    lsdb = pytest.importorskip("lsdb")
    made = lsdb.from_dataframe(frame, ra_column="ra", dec_column="dec", catalog_name="labels", margin_threshold=None)
    made.write_catalog(tmp_path / "labels", catalog_name="labels", progress_bar=False)
    told = []
    of_hats = read_labels(str(tmp_path / "labels"), {}, progress=lambda done, of: told.append((done, of)))
    frame.drop(columns="PROVABGS_MCMC").assign(EM=spread).to_csv(tmp_path / "labels.csv", index=False)
    of_file = read_labels(str(tmp_path / "labels.csv"), {"logmass_err": "EM"})
    both = of_hats.merge(of_file, on="id", suffixes=("", "_file"))
    assert len(both) == 40 and len(told) > 1 and told[-1][0] == told[-1][1]
    for name in ("logmass", "logsfr", "logmass_err"):
        assert both[name].to_numpy() == pytest.approx(both[f"{name}_file"].to_numpy(), abs=1e-5)


def test_names_of_services():
    with pytest.raises(InputError, match="sdss, eboss, desi, gama, tap"):
        find_service("2mass")


def test_a_catalogue_that_teaches_nothing_says_why():
    frame = settle(draw_rows().assign(z=2.5))
    with pytest.raises(
        InputError, match=r"none of the 2,000 rows can be learnt from: 2,000 redshift not from 0\.001 to 1"
    ):
        select(frame)


def test_of_duplicates_the_better_redshift_stays():
    frame = pd.DataFrame({"ra": [10, 10 + 1 / 3600, 10 + 2 / 3600, 50.0], "dec": 0.0, "z_err": [3, 1, 2, 9.0]})
    assert find_duplicates(frame).tolist() == [True, False, True, False]
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"ra": rng.uniform(0, 0.02, 300), "dec": rng.uniform(0, 0.02, 300), "z_err": rng.random(300)})
    kept = frame[~find_duplicates(frame)].reset_index(drop=True)
    gaps = [
        np.delete(separate(kept["ra"], kept["dec"], *p), i).min() for i, p in enumerate(kept[["ra", "dec"]].to_numpy())
    ]
    assert min(gaps) > DUPLICATE
    dropped = frame[find_duplicates(frame)]
    assert all(separate(kept["ra"], kept["dec"], *p).min() <= DUPLICATE for p in dropped[["ra", "dec"]].to_numpy())


def test_the_split_is_the_same_in_any_order_and_as_large_as_it_should_be():
    ids = pd.Series([f"g{i}" for i in range(500)])
    one = dict(zip(ids, split(ids), strict=True))
    shuffled = ids.sample(frac=1, random_state=1)
    assert dict(zip(shuffled, split(shuffled), strict=True)) == one
    assert pd.Series(one).value_counts().to_dict() == {"train": 300, "test": 100, "validation": 50, "calibration": 50}


def write(tmp_path, **columns):
    frame = pd.DataFrame({"RA": np.linspace(10, 20, 30), "DEC": -5.0, "ZSPEC": np.linspace(0.1, 0.3, 30)} | columns)
    frame.to_csv(tmp_path / "mine.csv", index=False)
    return tmp_path / "mine.csv"


def test_a_table_of_ones_own_is_mapped(tmp_path):
    path = write(tmp_path, NAME=[f"N{i}" for i in range(30)], MSTAR=10.0 ** np.linspace(9, 11, 30), EM=0.1)
    mapping = parse_mapping(["id=NAME", "z=ZSPEC", "logmass = log10(MSTAR)", "logmass_err=EM"])
    said, notes = take_own(path, tmp_path, mapping, "Chabrier (2003)", "Planck 2018")
    frame = catalogue.read(tmp_path / SELECTED)
    assert frame["logmass"].to_numpy() == pytest.approx(np.linspace(9, 11, 30)) and frame["id"].iloc[0] == "N0"
    assert said["imf"] == "Chabrier (2003)" and said["columns"]["z"] == "ZSPEC" and not notes
    assert frame["logsfr"].isna().all(), "a catalogue without SFRs teaches none, and is no reason to drop rows"


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        (["z=ZSPEC", "logmass=MSTAR"], "no logarithm of a mass; give logmass=log10.MSTAR"),
        (["z=ZSPEC", "logsfr=SFR"], "logsfr=log10.SFR. where it is a rate"),
        (["z=ZZ"], "cannot be computed.*it has"),
        (["logmass=log10(MSTAR)"], "no z; name them"),
        (["id=NO", "z=ZSPEC"], "no column 'NO' for id"),
    ],
)
def test_units_that_cannot_be_are_refused(tmp_path, mapping, sentence):
    path = write(tmp_path, MSTAR=10.0 ** np.linspace(9, 11, 30), SFR=np.linspace(0.1, 3, 30))
    with pytest.raises(InputError, match=sentence):
        read_own(path, parse_mapping(mapping))


def test_units_that_a_file_says_are_believed_but_for_logarithms_that_are_called_masses(tmp_path):
    from astropy.table import Table

    table = Table({"RA": np.linspace(1, 2, 30), "DEC": -np.ones(30), "Z": np.full(30, 0.1)})
    table["M"], table["L"], table["S"] = 10.0 ** np.linspace(9, 11, 30), np.linspace(9, 11, 30), np.linspace(0.1, 3, 30)
    for name, unit in {"RA": "deg", "DEC": "deg", "M": "solMass", "L": "solMass", "S": "solMass / yr"}.items():
        table[name].unit = unit
    table.write(tmp_path / "t.vot", format="votable")
    one, notes = read_own(tmp_path / "t.vot", {"logmass": "M", "logsfr": "S"})
    other, said = read_own(tmp_path / "t.vot", {"logmass": "L"})
    assert one["logmass"].to_numpy() == pytest.approx(other["logmass"].to_numpy())
    assert one["logsfr"].iloc[0] == pytest.approx(-1) and len(notes) == 3 and "holds logarithms" in said[0]


@pytest.mark.parametrize("text", ["logmass", "mass=M", "=M", "logmass="])
def test_a_mapping_has_a_form(text):
    with pytest.raises(InputError, match="maps no column"):
        parse_mapping([text])


def test_published_tables_are_read_whatever_their_headers_say(session):
    peas, spirals = (fetch_published(session, table) for table in PUBLISHED)
    assert len(peas) == 80 and set(peas["population"]) == {"Green Pea"} and peas["logmass"].between(8, 11).all()
    assert peas["logsfr"].iloc[0] == pytest.approx(np.log10(5)) and "Cardamone" in peas["source"].iloc[0]
    assert len(spirals) == 294 and spirals["id"].str.len().eq(18).all() and "logmass" not in spirals


@pytest.mark.parametrize("fault", ["HTML with status 200", "truncated file", "404", "empty body", "oversize"])
def test_published_tables_that_are_not_whole_are_refused(server, session, fault):
    server.plan("spirals", fault)
    with pytest.raises(InputError):
        fetch_published(session, SPIRALS)


def test_the_tables_as_they_were_published(real):
    peas = read_published(real / "tables" / "green_peas_cardamone2009_table4.csv")
    spirals = read_published(real / "tables" / "red_spirals_masters2010_a1.csv")
    assert len(peas) == 80 and len(spirals) == 294
    assert peas["logmass"].median() == pytest.approx(9.5, abs=0.5), "M_STELLAR holds logarithms"
    assert 0.1 < peas["z"].median() < 0.3 and spirals["z"].between(0.02, 0.09).all()
    assert peas["logsfr"].iloc[0] == pytest.approx(np.log10(12.45))
    with pytest.raises(InputError, match="neither"):
        read_published(real / "tables" / "dr10_objects_psf_noise_ebv.csv")


def test_a_table_with_its_columns_in_another_order_is_refused():
    lines = ["id,dec,ra,z", *(f"{10**17 + i},{200 + i},{i},0.05" for i in range(294))]
    with pytest.raises(InputError, match="its columns are not id, ra, dec, z"):
        parse_published("\n".join(lines), SPIRALS)


@pytest.mark.parametrize("phi", [0.0, 0.4, 1.2, 2.2, 3.0])
def test_position_angles_are_those_of_the_light(phi):
    noise = np.random.default_rng(1).normal(size=(3, 69, 69)) * np.asarray(DECALS.model_noise)[:, None, None]
    shape = measure_shape((draw_ellipse(phi, 5.0, 0.5, 60) + noise).astype(np.float32), DECALS)
    apart = abs((shape.phi - phi + np.pi / 2) % np.pi - np.pi / 2)
    assert apart < 0.03 and shape.ba == pytest.approx(0.5, abs=0.05) and 0 < shape.phi_err < 0.3


def test_round_galaxies_and_empty_sky_have_no_angle():
    noise = np.random.default_rng(1).normal(size=(3, 69, 69)) * np.asarray(DECALS.model_noise)[:, None, None]
    round_one = measure_shape((draw_ellipse(0.3, 5.0, 1.0, 60) + noise).astype(np.float32), DECALS)
    assert np.isnan(round_one.phi) and round_one.ba > 0.9
    assert np.isnan(measure_shape(noise.astype(np.float32), DECALS).ba)
