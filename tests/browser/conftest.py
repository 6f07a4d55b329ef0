"""A server and a browser."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from tests.browser.driver import APP, FLAGS

AXE_VERSION = "4.11.4"


@contextmanager
def serve(**settings: str):
    """Serve the app by a server of its own on a free port, with settings in its environment; yield where."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", APP.name, f"--server.port={port}", "--server.headless=true"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, cwd=APP.parent, env=os.environ | settings, **quiet)
    try:
        for _ in range(300):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, "the server stopped"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="package")
def address():
    """Where the app is served, to all of these tests: each begins a session of its own."""
    with serve() as where:
        yield where


@pytest.fixture(scope="package")
def browser():
    """Chromium: the machine's own, else playwright's; skipped, with the reason, where neither starts."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    with sync_api.sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        except sync_api.Error as error:
            pytest.skip(f"no Chromium starts here (apt install chromium, or playwright install): {error.message[:200]}")
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe(request) -> str:
    """The script of axe-core, brought by npm into pytest's cache; skipped, with the reason, where it cannot be."""
    folder = request.config.cache.mkdir("axe")
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed, which brings axe-core")
        command = [npm, "install", f"--prefix={folder}", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
        run = subprocess.run([*command, f"axe-core@{AXE_VERSION}"], capture_output=True, text=True, timeout=120)
        if run.returncode or not script.exists():
            pytest.skip(f"npm brings no axe-core: {run.stderr.strip()[-200:]}")
    return script.read_text()


@pytest.fixture
def page(browser, address):
    """A fresh session on the first page; afterwards, nothing may have gone wrong in it."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints = []

    def note(message) -> None:
        # Ten key presses are ten pictures; on a busy machine one may be gone before the browser has asked for it.
        # Streamlit looks for its server below a deep link's own path first, and finds it above.
        told = f"{message.text} {message.location['url']}"
        if message.type == "error" and not re.search(r"/media/|/\w+/_stcore/", told):
            complaints.append(told)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.get_by_text("nothing selected", exact=True).wait_for(timeout=90_000)
    yield page
    assert page.locator('[data-testid="stException"]').count() == 0
    assert not complaints, complaints
    page.close()
