"""The stand-in itself: a server on loopback that answers for the viewer, hips2fits, Sesame, SkyServer, TAP and more."""

import threading
import time
from collections import defaultdict, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from galexplore.sources.stand_in import files, spectra
from galexplore.sources.stand_in.faults import FAULTS, PLAYED, Reply, send
from galexplore.sources.stand_in.jobs import Jobs
from galexplore.sources.stand_in.names import say_position
from galexplore.sources.stand_in.sky import NATIVE, NEWEST, OLDER, Sky, rescale

#: Services by the paths of their addresses.
SERVICES = {
    "/viewer/fits-cutout": "fits-cutout",
    "/viewer/jpeg-cutout": "jpeg-cutout",
    "/viewer/coadd-psf/": "coadd-psf",
    "/cgi-bin/nph-sesame/-oI/SNV": "sesame",
    "/hips-image-services/hips2fits": "hips2fits",
    "/dr18/SkyServerWS/SearchTools/SqlSearch": "skyserver",
    "/tap/sync": "tap",
    "/vo/tap/sync": "tap",
    "/tap/async": "tap-job",
    "/data/greenpeas/peas_tbl4.csv": "peas",
    "/data/redspirals/RedSpiralsA1.txt": "spirals",
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, address: object) -> None:
        """Say nothing of whoever has gone before the answer came."""


class StandIn:
    """Answers at a free port of 127.0.0.1 until it is stopped, or the program ends.

    Parameters
    ----------
    sky : Sky, optional
    layers : tuple of str
        Which the viewer knows: without the first, the newest is absent.
    delay : float
        Seconds before each answer, as servers far away have them.

    Attributes
    ----------
    asked : list of str
        The service and the query of each request.
    busy : list of (float, float)
        From when to when each was being answered, by `time.monotonic`.
    """

    def __init__(self, sky: Sky | None = None, layers: tuple[str, ...] = (NEWEST, *OLDER), delay: float = 0.0):
        self.sky, self.layers, self.delay = sky or Sky(), layers, delay
        self.asked: list[str] = []
        self.busy: list[tuple[float, float]] = []
        self.jobs = Jobs()
        self._plan: defaultdict[str, deque[str]] = defaultdict(deque)
        self._lock, self._open = threading.Lock(), threading.Event()
        self._open.set()
        self._server: ThreadingHTTPServer | None = None

    def plan(self, service: str, *faults: str) -> None:
        """Let the next answers of a service go wrong, one after another; "" lets one be good.

        Raises
        ------
        ValueError
            For a service or a fault that there is not.
        """
        if service not in SERVICES.values() or not all(f in ("", *FAULTS, *PLAYED) for f in faults):
            raise ValueError(f"no such service or fault: {service}, {faults}")
        with self._lock:
            self._plan[service].extend(faults)

    def hold(self) -> None:
        """Note what is asked, but let nobody have an answer until `release`."""
        self._open.clear()

    def release(self) -> None:
        """Give the answers that were held back, and all others at once."""
        self._open.set()

    def start(self) -> str:
        """Begin to answer; return the origin, "http://127.0.0.1:PORT"."""
        stand_in = self
        self.sky.find_row(0.0, 0.0)  # reads the catalogue: nobody's request shall wait for it

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stand_in.answer(self)

            do_POST = do_DELETE = do_GET

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Answer no more."""
        self.release()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a request, or play the fault that was planned."""
        begun = time.monotonic()
        parts = urlsplit(handler.path)
        tree = next((p for p in SERVICES if parts.path.startswith(f"{p}/") and not p.endswith("/")), parts.path)
        service = SERVICES.get(tree, "")
        sent = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        with self._lock:
            self.asked.append(f"{service} {parts.query}")
            fault = self._plan[service].popleft() if self._plan[service] else ""
        self._open.wait()
        if self.delay:
            time.sleep(self.delay)
        if service == "tap-job":
            words = {k: v[0] for k, v in parse_qs(sent or parts.query).items()}
            origin = f"http://{handler.headers.get('Host')}{tree}"
            reply = self.jobs.answer(handler.command, parts.path.removeprefix(tree), words, origin)
        else:
            reply = self.reply(service, parts.query, fault) if service else Reply(404)
        reply = FAULTS[fault](reply) if fault in FAULTS else reply
        try:
            handler.send_response(reply.status)
            handler.send_header("Content-Type", reply.kind)
            if not reply.endless:
                handler.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
            for name, value in reply.headers:
                handler.send_header(name, value)
            handler.close_connection = reply.endless or reply.length is not None
            if handler.close_connection:
                handler.send_header("Connection", "close")
            handler.end_headers()
            send(reply, handler.wfile.write)
        except OSError:  # whoever asked has gone
            handler.close_connection = True
        self.busy.append((begun, time.monotonic()))

    def reply(self, service: str, query: str, fault: str = "") -> Reply:
        """Make the reply of a service to the query of an address."""
        if service == "sesame":
            return Reply(kind="text/plain", body=say_position(query))
        held = {k: v[0] for k, v in parse_qs(query, keep_blank_values=True).items()}
        if service == "skyserver":
            return spectra.answer_sql(held.get("cmd", ""))
        if service == "tap":
            return spectra.answer_adql(held)
        if service in ("peas", "spirals"):
            return Reply(kind="text/plain", body=spectra.write_published(service, fault))
        try:
            ra, dec = float(held["ra"]), float(held["dec"])
        except (KeyError, ValueError):
            return Reply(500, "text/html", b"<h1>Server Error (500)</h1>")
        if service == "hips2fits":
            flux, _ = self.sky.draw(ra, dec).cut(ra, dec, 128)
            return Reply(kind="image/jpeg", body=files.write_jpeg(flux, 256))
        return self._reply_viewer(service, held, ra, dec, fault)

    def _reply_viewer(self, service: str, held: dict[str, str], ra: float, dec: float, fault: str) -> Reply:
        """Make a reply of the viewer, which knows layers and has nothing off its footprint."""
        layer = held.get("layer", NEWEST)
        if layer not in self.layers:
            return Reply(404, "text/html", b"<h1>Not Found</h1>")
        size = min(int(held.get("size", "256")), files.LARGEST) // (2 if fault == "other size" else 1)
        scale, bands = float(held.get("pixscale", f"{NATIVE}")), held.get("bands", "grz")
        field = None if fault == "blank image" and service == "jpeg-cutout" else self.sky.find(ra, dec, layer)
        if service == "jpeg-cutout":
            flux = None if field is None else rescale(field.cut(ra, dec, round(size * scale / NATIVE))[0], size)
            return Reply(kind="image/jpeg", body=files.write_jpeg(flux, size))
        if field is None:
            return Reply(500, "text/html", b"<h1>Server Error (500)</h1>")
        if service == "coadd-psf":
            return Reply(kind="image/fits", body=files.write_psf(self.sky.widths(ra, dec), bands))
        flux, invvar = field.cut(ra, dec, max(1, round(size * scale / NATIVE)))
        if fault == "blank image":
            flux = flux * 0
        place = (ra, dec + 5 / 3600) if fault == "wrong position" else (ra, dec)
        if "subimage" in held:
            return Reply(kind="image/fits", body=files.write_subimage(flux, invvar, place, layer))
        native = abs(scale / NATIVE - 1) < 1e-3
        rows = ["grz".index(b) for b in bands if b in "grz"]
        weights = invvar[rows] if native and "invvar" in held and fault != "no weights" else None
        mask = files.mask_gaps(invvar) if native and "maskbits" in held and fault != "no weights" else None
        flux = flux if native else rescale(flux, size)
        return Reply(kind="image/fits", body=files.write_cutout(flux[rows], weights, mask, place, bands, layer, scale))
