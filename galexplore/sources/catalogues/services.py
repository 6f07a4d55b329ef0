"""Services that have spectroscopic catalogues, and what is asked of each: a page of rows behind a given id."""

from dataclasses import dataclass

from galexplore.errors import InputError

#: Rows of a page, and ids that one query names.
PAGE, IDS = 5000, 200


@dataclass(frozen=True)
class Service:
    """A service and the query that it is asked.

    Attributes
    ----------
    name, title : str
    kind : str
        "skyserver", "tap", or "tap job" where queries take longer than a connection is kept.
    url : str
    query : str
        With the places {top}, {after} and {thin}: as many rows at most, in the order of their ids, behind one, thinned
        by a condition. Or, without labels, with the place {ids}: those that are asked for. Its columns are `id`, `ra`,
        `dec`, `z`, `z_err`, the labels as `selection.settle` reads them.
    count : str
        A query for the number of all rows, in a column `n`; "" where ids are asked for.
    thinned : str
        A condition that keeps one row in {one_in}, the same ones whenever it is asked; "" where ids are asked for.
    imf, cosmology, citation : str
        Of the labels.
    selection : tuple of str
        What the query selects by, in words.
    labelled_by : str
        The table that has its masses and SFRs, a HATS catalogue; "" where it has them itself.
    """

    name: str
    title: str
    kind: str
    url: str
    query: str
    count: str
    thinned: str
    imf: str
    cosmology: str
    citation: str
    selection: tuple[str, ...]
    labelled_by: str = ""


SKYSERVER = "https://skyserver.sdss.org/dr18/SkyServerWS/SearchTools/SqlSearch"
_SDSS = (
    "FROM specObj AS s JOIN galSpecExtra AS g ON s.specObjID = g.specObjID "
    "WHERE s.class = 'GALAXY' AND s.zWarning = 0 AND s.z BETWEEN 0.001 AND 1 {thin}"
)
_EBOSS = (
    "FROM specObj AS s JOIN sdssEbossFirefly AS g ON s.specObjID = g.specObjID "
    "WHERE s.class = 'GALAXY' AND s.zWarning = 0 AND s.z BETWEEN 0.001 AND 1 "
    "AND g.Chabrier_MILES_stellar_mass_low > 0 {thin}"
)
_DESI = "FROM desi_dr1.zpix AS s WHERE s.spectype = 'GALAXY' AND s.zwarn = 0 AND s.z BETWEEN 0.001 AND 1"
_GAMA = (
    "FROM gama_dr4.SpecObjv27 AS s JOIN gama_dr4.MagPhysv06 AS m ON s.CATAID = m.CATAID "
    "WHERE s.NQ >= 3 AND s.Z BETWEEN 0.001 AND 1 AND m.mass_stellar_percentile16 > 0 "
    "AND m.SFR_0_1Gyr_percentile16 > 0 {thin}"
)
_FLAT = "flat ΛCDM, H0 = 70 km/s/Mpc, Ωm = 0.3"

#: Services by the names that `galexplore fetch catalogue` takes.
SERVICES = {
    s.name: s
    for s in (
        Service(
            "sdss",
            "SDSS spectra with the MPA-JHU group's masses and SFRs",
            "skyserver",
            SKYSERVER,
            "SELECT TOP {top} CAST(s.specObjID AS varchar(20)) AS id, s.ra, s.dec, s.z, s.zErr AS z_err, "
            "g.lgm_tot_p50 AS logmass, g.lgm_tot_p16 AS logmass_p16, g.lgm_tot_p84 AS logmass_p84, "
            "g.sfr_tot_p50 AS logsfr, g.sfr_tot_p16 AS logsfr_p16, g.sfr_tot_p84 AS logsfr_p84 "
            f"{_SDSS} AND s.specObjID > {{after}} ORDER BY s.specObjID",
            f"SELECT COUNT(*) AS n {_SDSS}",
            "AND s.fiberID % {one_in} = 0",
            "Kroupa (2001)",
            _FLAT,
            "Kauffmann et al. 2003; Brinchmann et al. 2004; Tremonti et al. 2004; SDSS",
            ("class GALAXY", "zWarning 0", "z from 0.001 to 1", "in galSpecExtra (SDSS I-II)"),
        ),
        Service(
            "eboss",
            "BOSS and eBOSS spectra with Firefly's masses; without SFRs",
            "skyserver",
            SKYSERVER,
            "SELECT TOP {top} CAST(s.specObjID AS varchar(20)) AS id, s.ra, s.dec, s.z, s.zErr AS z_err, "
            "LOG10(g.Chabrier_MILES_stellar_mass) AS logmass, LOG10(g.Chabrier_MILES_stellar_mass_low) AS logmass_p16, "
            "LOG10(g.Chabrier_MILES_stellar_mass_up) AS logmass_p84 "
            f"{_EBOSS} AND s.specObjID > {{after}} ORDER BY s.specObjID",
            f"SELECT COUNT(*) AS n {_EBOSS}",
            "AND s.fiberID % {one_in} = 0",
            "Chabrier (2003)",
            "flat ΛCDM of Planck 2015",
            "Comparat et al. 2017; SDSS-IV eBOSS",
            ("class GALAXY", "zWarning 0", "z from 0.001 to 1", "in sdssEbossFirefly"),
        ),
        Service(
            "desi",
            "DESI DR1 spectra with PROVABGS's masses and SFRs",
            "tap job",
            "https://datalab.noirlab.edu/tap",
            "SELECT s.targetid AS id, s.mean_fiber_ra AS ra, s.mean_fiber_dec AS dec, s.z AS z, s.zerr AS z_err "
            f"{_DESI} AND s.targetid IN ({{ids}}) ORDER BY s.targetid",
            "",
            "",
            "Chabrier (2003)",
            "flat ΛCDM of Planck 2018",
            "DESI Collaboration 2025; PROVABGS: Hahn et al. 2023",
            ("spectype GALAXY", "zwarn 0", "z from 0.001 to 1", "labelled by PROVABGS (the Bright Galaxy Survey)"),
            labelled_by="hf://datasets/UniverseTBD/mmu_desi_provabgs",
        ),
        Service(
            "gama",
            "GAMA DR4 redshifts with MagPhys's masses and SFRs",
            "tap",
            "https://datacentral.org.au/vo/tap",
            "SELECT TOP {top} s.CATAID AS id, s.RA AS ra, s.DEC AS dec, s.Z AS z, "
            "LOG10(m.mass_stellar_percentile50) AS logmass, LOG10(m.mass_stellar_percentile16) AS logmass_p16, "
            "LOG10(m.mass_stellar_percentile84) AS logmass_p84, LOG10(m.SFR_0_1Gyr_percentile50) AS logsfr, "
            "LOG10(m.SFR_0_1Gyr_percentile16) AS logsfr_p16, LOG10(m.SFR_0_1Gyr_percentile84) AS logsfr_p84 "
            f"{_GAMA} AND s.CATAID > {{after}} ORDER BY s.CATAID",
            f"SELECT COUNT(*) AS n {_GAMA}",
            "AND MOD(s.CATAID, {one_in}) = 0",
            "Chabrier (2003)",
            _FLAT,
            "Driver et al. 2022 (GAMA DR4); Driver et al. 2018 (MagPhys)",
            ("nQ 3 or better", "best redshift (SpecObj)", "z from 0.001 to 1"),
        ),
    )
}


def find_service(name: str) -> Service:
    """Find a service by its name.

    Raises
    ------
    InputError
        Where there is none of that name.
    """
    if name not in SERVICES:
        raise InputError(f"there is no catalogue {name!r}; there are {', '.join(SERVICES)}, tap, or a table's file")
    return SERVICES[name]
