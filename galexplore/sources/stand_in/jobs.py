"""The stand-in's jobs of a TAP service, in the shape of the IVOA's UWS: made, begun, looked at, fetched, deleted."""

import threading

from galexplore.sources.stand_in.faults import Reply
from galexplore.sources.stand_in.spectra import answer_adql

_DESCRIPTION = """<?xml version="1.0" encoding="UTF-8"?>
<uws:job xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1">
<uws:jobId>{name}</uws:jobId><uws:ownerId></uws:ownerId><uws:phase>{phase}</uws:phase>
<uws:quote></uws:quote><uws:startTime></uws:startTime><uws:endTime></uws:endTime>
<uws:executionDuration>600</uws:executionDuration><uws:destruction>2027-01-01T00:00:00Z</uws:destruction>
<uws:parameters></uws:parameters>
<uws:results><uws:result id="result" xlink:href="{place}/results/result"/></uws:results>
{trouble}</uws:job>"""
_TROUBLE = """<uws:errorSummary type="fatal" hasDetail="false"><uws:message>{said}</uws:message></uws:errorSummary>"""
_RUNS = 2  # looks at a job that goes on


class Jobs:
    """Jobs by their names."""

    def __init__(self) -> None:
        self._jobs: dict[str, dict[str, str]] = {}
        self._looks: dict[str, int] = {}
        self._made = 0
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, words: dict[str, str], origin: str) -> Reply:
        """Answer a request at `path` behind the service's `/async`; `words` are what was sent with it."""
        name, _, what = path.strip("/").partition("/")
        with self._lock:
            if method == "POST" and not name:
                self._made += 1
                name = str(self._made)
                self._jobs[name] = words
                return self._lead(origin, name)
            if name not in self._jobs:
                return Reply(404)
            if method == "DELETE":
                del self._jobs[name]
                return Reply()
            if method == "POST" and what == "phase" and words.get("PHASE") == "RUN":
                self._looks[name] = _RUNS
                return self._lead(origin, name)
            if what == "results/result":
                return answer_adql(self._jobs[name])
            return self._describe(origin, name)

    def _lead(self, origin: str, name: str) -> Reply:
        return Reply(303, headers=(("Location", f"{origin}/{name}"),))

    def _describe(self, origin: str, name: str) -> Reply:
        left = self._looks.get(name)
        if left:
            self._looks[name] = left - 1
        wrong = left == 0 and answer_adql(self._jobs[name]).status != 200
        phase = "PENDING" if left is None else "EXECUTING" if left else "ERROR" if wrong else "COMPLETED"
        trouble = _TROUBLE.format(said="Syntax error near SELEC") if wrong else ""
        text = _DESCRIPTION.format(name=name, phase=phase, place=f"{origin}/{name}", trouble=trouble)
        return Reply(kind="text/xml", body=text.encode())
