"""Prove the package as a person installs it: the wheel in an empty environment, outside the checkout, answers alike.

Run by `make wheel`, with the checkout's own Python.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from tests.served import write_cutout  # noqa: E402 (of the checkout, whatever is installed)

#: Of this machine, without what would lead the empty environment back to the checkout.
PLAIN = {k: v for k, v in os.environ.items() if not k.startswith(("GALEXPLORE_", "PYTHON"))} | {"OMP_NUM_THREADS": "2"}
#: Runs the installed app's script and its pages, as a browser would.
VISIT = """
from streamlit.testing.v1 import AppTest
from galexplore.places import ROOT
app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
for page in ("", "traverse", "locate", "anomalies", "populations", "model"):
    app = app.switch_page(f"pages/{page}.py").run() if page else app
    assert not app.exception and not app.error, (page, app.exception, app.error)
"""
LOAD = """
import galexplore as gx
explorer = gx.load()
assert "site-packages" in gx.__file__ and len(explorer.table) > 20_000
print(gx.__version__)
"""


def run(*command: object, cwd: Path, environment: dict[str, str] = PLAIN) -> str:
    """Run a command to its end; return what it printed, or stop with what it complained of."""
    done = subprocess.run([*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(
            f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
    return done.stdout


def serve(executable: Path, cwd: Path, environment: dict[str, str]) -> None:
    """Start the installed app on a free port and wait until it says that it is well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [executable, "app", "--port", str(port), "--no-browser"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, cwd=cwd, env=environment, start_new_session=True, **quiet)
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as answer:
                    if answer.read() == b"ok":
                        return
            except OSError:
                time.sleep(0.25)
        sys.exit("The installed app never answered.")
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # the command and the server that it started
        server.wait(20)


def list_files(env: Path) -> set[Path]:
    """List what an environment holds of the package, compiled modules aside."""
    return {p for p in env.glob("lib/python*/site-packages/galexplore/**/*") if "__pycache__" not in p.parts}


def prove(folder: Path) -> None:
    """Build, install, and compare; say how long each step took."""
    start = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - start:6.1f} s  {text}", flush=True)

    away, home, env = folder / "away", folder / "home", folder / "venv"
    away.mkdir()
    home.mkdir()
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, HERE, cwd=folder)
    wheel = next(folder.glob("*.whl"))
    tell(f"{wheel.name} built, {wheel.stat().st_size / 1e6:.1f} MB")
    run(sys.executable, "-m", "venv", env, cwd=folder)
    run(env / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile", wheel, cwd=folder)
    tell("installed into an empty environment")
    before = list_files(env)
    write_cutout(away / "galaxy.fits")
    bare = PLAIN | {"HOME": str(home)}
    installed = run(env / "bin" / "galexplore", "locate", "galaxy.fits", "--json", cwd=away, environment=bare)
    command = "from galexplore.cli.main import main; main()"
    checkout = run(
        sys.executable,
        "-c",
        command,
        "locate",
        away / "galaxy.fits",
        "--json",
        cwd=HERE,
        environment=PLAIN | {"PYTHONPATH": str(HERE)},
    )
    if json.loads(installed) != json.loads(checkout):
        sys.exit(f"galexplore locate answers otherwise when installed:\n{installed}\nin the checkout:\n{checkout}")
    tell("galexplore locate prints the checkout's JSON")
    version = run(env / "bin" / "galexplore", "--version", cwd=away, environment=bare).strip()
    if (
        run(env / "bin" / "python", "-c", LOAD, cwd=away, environment=bare).strip() != version
        or version not in wheel.name
    ):
        sys.exit(f"The package, its command and its wheel do not tell the same version: {version}, {wheel.name}.")
    tell(f"galexplore --version and gx.load() answer: {version}")
    serve(env / "bin" / "galexplore", away, environment=bare)
    tell("galexplore app serves")
    run(env / "bin" / "python", "-c", VISIT, cwd=away, environment=bare)
    tell("its pages run without an error")
    if written := list_files(env) - before:
        sys.exit(f"The installed package wrote into itself: {sorted(map(str, written))}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="galexplore-wheel-") as name:
        prove(Path(name))
