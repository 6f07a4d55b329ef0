"""The pages Anomalies and Populations as Python that runs as it is: a ranking, or its groups; kinds told apart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd

from galexplore.explore.galaxy_snippets import begin_script

if TYPE_CHECKING:
    from galexplore.explore.explorer import Explorer

_RANKED = """
table = explorer.table
order = explorer.ranking.sort({by!r}{labels})  # places in the table, the oddest first
"""
_GROUPS = """for group in gather_groups(explorer, choose_grouped(explorer, order)):
    print(group.reason, len(group.rows), describe_group(table, group.rows))
"""
_VARIED = """order = order[:{most}]
order = order[diversify(list_reasons(explorer, order), {page}, {page} // 4)]  # a reason fills a quarter of a page
"""
_SHOWN = """ranked = table.iloc[order]
print(ranked[["id", "population", "percentile", "chi2_percentile", "statement"]].head({page}).to_string())
"""
_KINDS = """
kinds = {kinds!r}
scores = classify(explorer.atlas.points, explorer.atlas.population, kinds)
print(scores.recall)  # at 7 % false positives
for kind in kinds:
    among = np.isin(explorer.atlas.population, ["ordinary", kind])
    rare = explorer.atlas.population[among] == kind
    print(kind, recover(explorer.atlas.oddness.distance2[among], rare, np.array([0.01, 0.05])), sep="\\n")
"""


def write_ranking(
    explorer: "Explorer",
    by: str,
    kinds: Sequence[str],
    shown: Literal["galaxies", "suspects", "groups"] = "galaxies",
    *,
    labels: pd.DataFrame | None = None,
    varied: int = 0,
    page: int = 24,
) -> str:
    """Write the script that ranks an atlas's galaxies as Anomalies shows them.

    Parameters
    ----------
    by : str
        As `Ranking.sort` takes it.
    kinds : sequence of str
        Those that are ranked.
    shown : "galaxies" | "suspects" | "groups"
        What may be none is left out, alone shown, or in groups of its own.
    labels : DataFrame, optional
        A person's, `id` and `score`, that the ranking learns from.
    varied : int
        Galaxies from the top whose reasons are made to alternate; 0 for none.
    page : int
        Galaxies that are printed.
    """
    heeded = "" if labels is None else f", labels=pd.DataFrame({labels[['id', 'score']].to_dict('list')!r})"
    code = _RANKED.format(by=by, labels=heeded)
    if set(kinds) < set(explorer.kinds.index):
        code += f'order = order[table["population"].isin({list(kinds)!r}).to_numpy()[order]]\n'
    if shown == "groups":
        imports = ["from galexplore.explore.odd_groups import choose_grouped, describe_group, gather_groups"]
        code += _GROUPS
    else:
        if "suspicion" in explorer.table:
            equal = "==" if shown == "galaxies" else "!="
            code += f'order = order[(table["suspicion"] {equal} "").to_numpy()[order]]\n'
        imports = ["from galexplore.atlas.groups import diversify"] * bool(varied)
        imports += ["from galexplore.explore.odd_groups import list_reasons"] * bool(varied)
        code += (_VARIED.format(most=varied, page=page) if varied else "") + _SHOWN.format(page=page)
    third = ["import pandas as pd", ""] if heeded else []
    return begin_script(explorer, imports, third) + code


def write_kinds(explorer: "Explorer", kinds: Sequence[str]) -> str:
    """Write the script that tells kinds from ordinary galaxies in latent space, and recovers them by anomaly rank."""
    imports = ["from galexplore.atlas.recovery import classify, recover"]
    return begin_script(explorer, imports, ["import numpy as np", ""]) + _KINDS.format(kinds=list(kinds))
