"""The stand-in's spectroscopic databases and published tables, in the shapes that the real ones' answers have.

Its galaxies are those that its sky shows at their positions: the labels are the simulated galaxies' own.
"""

import re
from functools import cache
from io import BytesIO

import numpy as np
import pandas as pd
from astropy.io import votable
from astropy.table import Table

from galexplore.sources.footprint import explain_outside, find_latitude
from galexplore.sources.stand_in.faults import Reply
from galexplore.sources.stand_in.sky import EMPTY, choose_row, list_bright

ROWS = 2000
_FIRST = 299489677444933632  # ids of 18 digits, as SDSS has them
_SQL = re.compile(r"(?is)select\s+(?:top\s+(?P<top>\d+)\s+)?(?P<what>.+?)\s+from\s.*")
_AFTER = re.compile(r"(?i)(?:specobjid|targetid|cataid)\s*>\s*(\d+)")
_AMONG = re.compile(r"(?i)targetid IN \(([\d, ]+)\)")
_THIN = re.compile(r"(?i)(?:fiberID %|MOD\(\S+,)\s*(\d+)")


@cache
def draw_rows() -> pd.DataFrame:
    """Draw positions within the footprint, and give each the labels of the galaxy that the sky shows there."""
    rng = np.random.default_rng(23)
    ra, dec = rng.uniform(0, 360, 6 * ROWS), np.degrees(np.arcsin(rng.uniform(-0.3, 0.5, 6 * ROWS)))
    inside = [not explain_outside(*p) and abs(find_latitude(*p)) > EMPTY for p in zip(ra, dec, strict=True)]
    ra, dec = ra[inside][:ROWS].round(6), dec[inside][:ROWS].round(6)
    bright = list_bright()
    shown = pd.DataFrame([choose_row(*p, bright) for p in zip(ra, dec, strict=True)]).reset_index(drop=True)
    rows = pd.DataFrame({"id": [str(_FIRST + 7 * i) for i in range(len(ra))], "ra": ra, "dec": dec, "z": shown["z"]})
    rows["z_err"] = 2e-5
    for name, error in (("logmass", "logmass_err"), ("logsfr", "logsfr_err")):
        rows[name], rows[f"{name}_p16"] = shown[name], shown[name] - shown[error]
        rows[f"{name}_p84"] = shown[name] + shown[error]
    rows.loc[3, ["logsfr_p16", "logsfr_p84", "logsfr"]] = -9999.0  # as MPA-JHU writes unknown
    rows.loc[7, ["ra", "dec"]] = rows["ra"][6], rows["dec"][6] + 0.0003  # observed twice
    return rows


def _choose(text: str) -> pd.DataFrame | None:
    """Choose the rows that a query asks for; None where it is none."""
    asked = _SQL.fullmatch(text.strip())
    if asked is None:
        return None
    rows = draw_rows()
    if thin := _THIN.search(text):
        rows = rows[np.arange(len(rows)) % int(thin[1]) == 0]
    if "count(" in asked["what"].lower():
        return pd.DataFrame({"n": [len(rows)]})
    if after := _AFTER.search(text):
        rows = rows[rows["id"].astype(np.int64) > int(after[1])]
    if among := _AMONG.search(text):
        rows = rows[rows["id"].isin(among[1].split(", "))]
    said = [re.split(r"(?i)\s+as\s+|\.", column.strip())[-1].strip().lower() for column in asked["what"].split(",")]
    named = [name for name in rows if name in said]
    return rows.iloc[: int(asked["top"] or len(rows))][named or list(rows)]


def answer_sql(command: str) -> Reply:
    """Answer as SkyServer's SqlSearch does with `format=csv`: the table's number, its columns, its rows."""
    rows = _choose(command)
    if rows is None:
        return Reply(400, "application/json", b'{"Error Type":"BadRequest","Error Message":"Incorrect syntax"}')
    return Reply(kind="text/csv", body=b"#Table1\n" + rows.to_csv(index=False).encode())


def answer_adql(held: dict[str, str]) -> Reply:
    """Answer as a TAP service's synchronous endpoint does: a VOTable, also where the query is wrong."""
    rows = _choose(held.get("QUERY", ""))
    if rows is None:
        text = (
            b'<?xml version="1.0"?><VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE '
            b'type="results"><INFO name="QUERY_STATUS" value="ERROR">Syntax error near SELEC</INFO></RESOURCE>'
            b"</VOTABLE>"
        )
        return Reply(400, "application/x-votable+xml", text)
    table = Table.from_pandas(rows.assign(id=rows["id"].astype(np.int64)) if "id" in rows else rows)
    document = votable.from_table(table)
    resource = document.resources[0]
    resource.type = "results"
    resource.infos.append(votable.tree.Info(name="QUERY_STATUS", value="OK"))
    stream = BytesIO()
    document.to_xml(stream)
    return Reply(kind="application/x-votable+xml", body=stream.getvalue())


def write_published(which: str, fault: str = "") -> bytes:
    """Write a table as Galaxy Zoo's data has it, a header that counts its columns wrongly and all."""
    rows = draw_rows().iloc[100:180] if which == "peas" else draw_rows().iloc[200:494]
    lines = ["DR7OBJID,RA,DEC,REDSHIFT,OIII_EW,L_FUV,L_FUV_ERR,SFR,SFR_ERR,METALLICITY,UPPER,LOWER,M_STELLAR"]
    if which == "spirals":
        lines = ["# objid RA(J2000) DEC z Mr err"]
    for i, (ra, dec) in enumerate(zip(rows["ra"], rows["dec"], strict=True)):
        name, z = str(587725073921409255 + i), 0.2 if which == "peas" else 0.05
        if which == "peas":
            lines.append(
                f"{name},{ra:.6f},{dec:.6f},{z + 0.001 * i:.4f},300,1,0.2,{5 + i},0.5,8.7,8.8,8.6,9.{i:02d},17"
            )
        else:
            lines.append(f"{name}  {ra:.6f} {dec:.6f} {z + 0.0001 * i:.4f} -21.3 0.01 0.7 0.02 0.04 0.144 0.42")
    return "\n".join([*lines, ""]).encode()
