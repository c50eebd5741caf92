# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of this collection as nox sessions, each in a separate environment. `make help` lists the commands."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
BUILD = ROOT / ".build"
TOOLS = ROOT / "tests/tools"
sys.path.insert(0, str(TOOLS))

import stage  # noqa: E402

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|venv"
nox.options.reuse_venv = "yes"
nox.options.download_python = os.environ.get("NOX_DOWNLOAD_PYTHON", "never")
nox.options.error_on_missing_interpreters = False  # the summary lists skipped sessions
nox.options.sessions = ["lint", "unit-newest", "functional-newest"]

if os.environ.get("QUIET"):  # the demo speaks for itself
    logging.getLogger("nox").setLevel(logging.WARNING)

# A shim of pyenv fails for every version that is not active: look into its folders instead.
FOLDERS = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if not folder.endswith("shims")]
FOLDERS += map(str, sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.*/bin")))
os.environ["PATH"] = os.pathsep.join(FOLDERS)

PART = os.environ.get("PART", "")  # "quick" for make test, "rest" for what is then left of the gate, otherwise all
MARKS = {"quick": ["-m", "quick"], "rest": ["-m", "not quick"]}
EMULATOR = "-r", "tests/emulator/requirements.txt"
TEST = "-r", "tests/requirements/test.txt", *EMULATOR
LINT = "-r", "tests/requirements/lint.txt", *EMULATOR
CONFORMANCE = "-r", "tests/conformance/requirements.txt"
EXAMPLES = "tests/e2e/playbooks/test_documentation.py"
NO_FAULTS = "--ignore=tests/functional/faults"
# Where a module meets Ansible: options, secrets, signals, results. What lies behind is the same in both modes.
AT_THE_EDGE = (
    "in_process",
    "secrets",
    "signals",
    "control_characters",
    "validation",
    "edge_case_values",
    "token_cache",
)
ON_ONE_CORE = (
    "authentication_matrix",
    "check_mode",
    "console_output",
    "demo",
    "drift",
    "health",
    "health_outputs",
    "health_restart",
    "paths",
    "preflight",
)
"""Playbook tests that the gate runs on the newest release alone: others of the same features run on both."""
EDGE = [f"tests/functional/cross/test_{name}.py" for name in AT_THE_EDGE]
# Where the oldest requests and urllib3 could behave differently.
BY_REQUESTS = (
    "agencies_and_mfa",
    "aksk_signing",
    "login",
    "proxy_and_client_certificates",
    "transport",
    "unexpected_responses",
)
VOCABULARY = ROOT / "tests/docs/vocabulary.txt"
# Files whose wording is checked.
PROSE = (
    *("CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "MAINTAINERS", "Makefile", "README.md", "galaxy.yml", "noxfile.py"),
    *("changelogs/fragments", "docs/docsite", "extensions", "meta", "playbooks", "plugins", "roles"),
    *("tests/docs", "tests/tools"),
)


def first(*versions: str) -> str:
    """The first of these Pythons that this machine has; the first of all if it has none, and nox skips the session."""
    return next((version for version in versions if shutil.which(f"python{version}")), versions[0])


# The oldest release on its oldest Python with the oldest requests, the newest on its newest: what lies between is
# easier on a collection. "newest" is the newest release that the interpreter allows, no pre-release.
NEW = first("3.14", "3.13", "3.12", "3.11", "3.10")
USUAL = first("3.12", "3.11", "3.13", "3.10")  # foreign packages surely have releases for it
CORES = {
    "2.16": (first("3.10", "3.11", "3.12"), ["ansible-core~=2.16.0"]),
    "2.18": (first("3.11", "3.12", "3.13"), ["ansible-core~=2.18.0"]),
    "2.20": (first("3.12", "3.13", "3.14"), ["ansible-core~=2.20.0"]),
    "newest": (NEW, ["ansible-core"]),
}
if CORES["2.16"][0] != "3.12":  # which does not run the oldest urllib3
    CORES["2.16"][1].extend(["requests==2.25.1", "urllib3==1.26.0"])


@functools.cache
def index() -> dict[str, str]:
    """The package index and the certificates of pip's configuration, in the words of uv, which does not read that."""
    config = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(config, check=False, capture_output=True, text=True).stdout
    found = dict(re.findall(r"\.(index-url|cert)='(.+)'", listed))
    words = {"UV_SYSTEM_CERTS": "1", "UV_DEFAULT_INDEX": found.get("index-url"), "SSL_CERT_FILE": found.get("cert")}
    return {name: value for name, value in words.items() if value and name not in os.environ}


def install(session: nox.Session, *requirements: str) -> None:
    """Install what is missing in the environment of a session."""
    session.install(*requirements, env=index())


def second_environment(session: nox.Session, name: str, python: str, *requirements: str) -> str:
    """Make another environment for a session; the path of its Python."""
    if not shutil.which(f"python{python}"):
        session.skip(f"Python interpreter {python} not found")
    home, uv = str(ROOT / ".nox" / name), str(Path(sys.executable).parent / "uv")
    session.run_install(uv, "venv", "--quiet", "--allow-existing", "--python", python, home, external=True)
    session.run_install(uv, "pip", "install", "--quiet", "--python", home, *requirements, env=index(), external=True)
    return f"{home}/bin/python"


def environ(own_cloud: bool = False) -> dict[str, str]:
    """The variables for a run: a developer's clouds, home folder and Ansible settings must not reach a test."""
    drop = ("ANSIBLE_", "OTC_DIS_", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    if not own_cloud:
        drop += ("OS_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
    home, config = BUILD / "home", BUILD / "ansible.cfg"
    home.mkdir(parents=True, exist_ok=True)
    config.touch()
    local = ",".join(filter(None, [kept.get("NO_PROXY", kept.get("no_proxy")), "127.0.0.1,localhost,::1"]))
    return {
        **kept,
        **({} if own_cloud else {"HOME": str(home)}),
        "ANSIBLE_COLLECTIONS_PATH": str(BUILD),
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_HOME": str(BUILD / "ansible-home"),
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_REMOTE_TEMP": str(BUILD / "ansible-home/tmp"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / "hypothesis"),
        "LC_ALL": "C.UTF-8",
        "NO_PROXY": local,
        "no_proxy": local,
        "PYTHONPATH": os.pathsep.join([str(BUILD), str(ROOT / "tests/emulator")]),
        "PYTHONUTF8": "1",
        "RUFF_CACHE_DIR": str(BUILD / "ruff"),
    }


def run(session: nox.Session, *command: str, own_cloud: bool = False, **more: str) -> None:
    """Run a program in an environment that does not depend on the machine."""
    session.run(*command, env={**environ(own_cloud), **more}, include_outer_env=False, external=True)


def pytest(session: nox.Session, folder: str, *args: str, report: str = "", workers: str = "auto", **more: str) -> None:
    """Run tests, spread over the processors unless the caller chose; not at all if *workers* is empty."""
    stage.stage(BUILD)
    named = any(not arg.startswith("-") and (ROOT / arg.split("::")[0]).exists() for arg in session.posargs)
    chosen = any(arg.startswith(("-n", "--pdb")) for arg in session.posargs)
    spread = ["-n", workers, "--dist", "loadgroup"] if workers and not chosen else []
    name = "-".join(filter(None, [PART, session.name, report]))
    junit = [f"--junit-xml={BUILD / 'results' / name}.xml", "-o", f"junit_suite_name={session.name}"]
    counted = session.name.endswith("newest") and os.environ.get("OTC_DIS_COVERAGE")
    program = ["coverage", "run", "-m", "pytest"] if counted else ["pytest"]
    where = [] if named else [folder]
    run(session, "python", "-m", *program, *spread, *args, *junit, *where, *session.posargs, **more)


def core_session(*cores: str, python: str = "", more: tuple[str, ...] = ()):
    """Make one session per ansible-core, name-2.16 and so on, which has it installed with what the tests need."""

    def register(function):
        kind = function.__name__.replace("_", "-")
        for core in cores:
            requirements = CORES[core][1][:1] if python else CORES[core][1]

            def body(session: nox.Session, core: str = core, requirements: list[str] = requirements) -> None:
                install(session, *requirements, *more, *TEST)
                function(session, core)

            body.__doc__ = function.__doc__
            name = f"{kind}-{core}" if len(cores) > 1 else kind
            tags = [] if core in ("2.18", "2.20") else [kind]  # all of a kind: make test-unit
            nox.session(body, name=name, python=python or CORES[core][0], tags=tags)
        return function

    return register


def marks(core: str) -> list[str]:
    """The tests that a release gets."""
    return {"2.16": ["-m", "not newest"], "newest": MARKS.get(PART, [])}.get(core, MARKS["quick"])


# --- reading the collection without running it

# The tool writes the name of its temporary folder into reStructuredText, where an underscore at the end means a link.
ANTSIBULL_DOCS = """\
import sys, tempfile
tempfile._RandomNameSequence.characters = "abcdefghijklmnopqrstuvwxyz0123456789"
from antsibull_docs.cli.antsibull_docs import main
sys.exit(main())
"""


def spelling() -> list[str]:
    """Command that checks spelling and vocabulary; codespell compares phrases only if its word pattern has them."""
    terms = (line.partition("->")[0] for line in VOCABULARY.read_text("utf-8").splitlines())
    phrases = "|".join(term for term in terms if " " in term)
    words = rf"\b(?i:{phrases})\b|[\w\-'\u2019]+"
    return [
        "codespell",
        "--dictionary=-",
        f"--dictionary={VOCABULARY}",
        "--regex",
        words,
        "--skip=vocabulary.txt",
        *PROSE,
    ]


@nox.session(python=NEW)
def lint(session: nox.Session) -> None:
    """Style, types, documentation, changelog and licences."""
    install(session, *LINT)
    staged = stage.stage(BUILD)
    refs = ("--validate-collection-refs=all", "--disallow-unknown-collection-refs", "--check-extra-docs-refs")
    quick = {
        "ruff": ["ruff", "check", "."],
        "format": ["ruff", "format", "--check", "."],
        "prose": spelling(),
        "returns": ["python", str(TOOLS / "return_blocks.py"), "--check"],
        "mypy": ["mypy", "--config-file", "pyproject.toml", str(staged / "plugins"), str(staged / "extensions/eda")],
        "mypy-emulator": ["mypy", "--config-file", "pyproject.toml", "tests/emulator/otc_emulator"],
    }
    rest = {
        "yamllint": ["yamllint", "--strict", "."],
        "ansible-lint": ["ansible-lint", "--offline", "--profile", "production", "--strict", "-q"],
        "docs": ["python", "-c", ANTSIBULL_DOCS, "lint-collection-docs", "--plugin-docs", *refs, "."],
        "changelog": ["antsibull-changelog", "lint"],
        "reuse": ["reuse", "--suppress-deprecation", "lint", "--quiet"],
    }
    checks = {"quick": quick, "rest": rest}.get(PART, {**quick, **rest})
    failed = []
    for name in [name for name in checks if name in session.posargs] or checks:
        try:
            run(session, *checks[name], PYTHONPATH="")
        except nox.command.CommandFailed:
            failed.append(name)
    if failed:
        session.error(f"not clean: {', '.join(failed)} (one alone: make lint ARGS={failed[0]})")


@nox.session(name="format", python=NEW)
def reformat(session: nox.Session) -> None:
    """Bring the code, or the files named, into the common style."""
    install(session, *LINT)
    for command in (["check", "--select", "I", "--fix", "--exit-zero"], ["format"]):
        run(session, "ruff", *command, *(session.posargs or ["."]))


# --- tests


@core_session("2.16", "newest")
def unit(session: nox.Session, core: str) -> None:
    """The pure core and the small parts, without a network."""
    fuzz = "tests/unit/test_fuzz.py"  # half of the time
    without = ["tests/unit", f"--ignore={fuzz}"]
    pure = [f"--ignore=tests/unit/{folder}" for folder in ("core", "resources", "queries")]
    # Pure functions do not depend on the release of ansible-core.
    chosen = {"quick": without, "rest": [fuzz] if core == "newest" else [*without, *pure]}
    pytest(session, *chosen.get(PART, ["tests/unit"]), workers="")


@core_session("2.16", "2.18", "2.20", "newest")
def functional(session: nox.Session, core: str) -> None:
    """Modules over real HTTP against the emulator; in the gate, 2.16 runs what depends on it, and quick tests."""
    if core == "2.16" and PART and not session.posargs:
        names = {*AT_THE_EDGE, *BY_REQUESTS} - {"in_process"}
        files = [f"tests/functional/cross/test_{name}.py" for name in sorted(names)]
        pytest(session, *files, *marks(core), report="cross")
        others = [NO_FAULTS, *(f"--ignore={file}" for file in files)]
        pytest(session, "tests/functional", *others, "-m", "quick and not newest")
        return
    pytest(session, "tests/functional", *marks(core), NO_FAULTS)


@core_session("2.16", "2.18", "2.20", "newest")
def e2e(session: nox.Session, core: str) -> None:
    """Playbooks, roles and ad hoc calls through Ansible itself."""
    once = [f"--ignore=tests/e2e/playbooks/test_{name}.py" for name in ON_ONE_CORE if core == "2.16" and PART]
    pytest(session, "tests/e2e/playbooks", *marks(core), f"--ignore={EXAMPLES}", *once)


@core_session("2.16", "newest")
def examples(session: nox.Session, core: str) -> None:
    """Every example of the documentation through Ansible itself; in the gate, 2.16 runs the quick ones."""
    pytest(session, EXAMPLES, *(MARKS["quick"] if core == "2.16" and PART and not session.posargs else marks(core)))


@core_session("newest")
def emulator(session: nox.Session, core: str) -> None:
    """The stand-in for the cloud against the written contract."""
    pytest(session, "tests/emulator")


@core_session("newest")
def in_process(session: nox.Session, core: str) -> None:
    """Tests of modules through the action plugin: its edge, and the quick ones; all with ARGS=tests/functional."""
    inside = {"OTC_DIS_EXECUTION": "in_process"}
    if session.posargs:
        pytest(session, "tests/functional", "-m", "not processes", NO_FAULTS, **inside)
        return
    pytest(session, *EDGE, "-m", "not processes", **inside)
    others = [NO_FAULTS, *(f"--ignore={file}" for file in EDGE)]
    pytest(session, "tests/functional", "-m", "quick and not processes", *others, report="in-process-quick", **inside)


@core_session("newest")
def faults(session: nox.Session, core: str) -> None:
    """Every fault at every operation, and random walks.

    Half of the cells and walks run as modules, half through the action plugin; all cells do both with "--both-modes",
    or if some are chosen. In the gate, each fault affects one request of each operation, the first or the second.
    "--measure" writes the table again, "--steps" walks further.
    """
    chosen = any(arg.startswith("-k") or "::" in arg for arg in session.posargs)
    both = ["--both-modes"] if chosen else ["--one-request"] if PART else []
    # Much of the time goes by waiting for responses that do not come.
    pytest(session, "tests/functional/faults", *both, workers="6")
    if "--measure" not in session.posargs:
        pytest(
            session, "tests/functional/faults", *both, workers="6", report="in-process", OTC_DIS_EXECUTION="in_process"
        )


@core_session("2.16")
def py38(session: nox.Session, core: str) -> None:
    """Playbooks whose modules run on the oldest Python, with nothing there but requests."""
    # Later releases of ansible-core no longer support that Python as a target.
    target = second_environment(session, "python-3.8", "3.8", "requests>=2.25.1")
    pytest(session, "tests/e2e/playbooks", OTC_DIS_TARGET_PYTHON=target)


@nox.session(python=USUAL, tags=["conformance"])
def conformance(session: nox.Session) -> None:
    """The stand-in for the cloud, driven by the vendors' own clients."""
    install(session, *CONFORMANCE)
    pytest(session, "tests/conformance", workers="")


@nox.session(python=USUAL, tags=["keystone"])
def keystone(session: nox.Session) -> None:
    """Logging in at a real OpenStack Keystone."""
    install(session, "ansible-core", *TEST, "-r", "tests/e2e/keystone/requirements.txt")
    pytest(session, "tests/e2e/keystone", workers="")


@core_session("2.16", "newest", python=first("3.12", "3.11"), more=("-r", "tests/requirements/awx.txt"))
def awx(session: nox.Session, core: str) -> None:
    """Jobs as AWX runs them, with its own injectors, its runner and its image builder."""
    home = BUILD / "awx-awx"
    if not home.is_dir():  # the collection awx.awx, from the last community package that holds it
        work = BUILD / f"fetch-{session.name}"
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        session.run_install(*pip, "--dest", str(work), "ansible==12.*", external=True)
        with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
            wanted = [name for name in wheel.namelist() if name.startswith("ansible_collections/awx/")]
            wheel.extractall(work / "new", wanted)
        with contextlib.suppress(OSError):  # the other session was first
            (work / "new").rename(home)
        shutil.rmtree(work)
    pytest(session, "tests/e2e/awx")


@core_session("newest", python=USUAL, more=("-r", "tests/requirements/eda.txt"))
def eda(session: nox.Session, core: str) -> None:
    """Event sources, and rulebooks through a real ansible-rulebook."""
    pytest(session, "tests/e2e/eda")


GET_PIP = """\
import ensurepip, os, subprocess, sys
env = dict(os.environ)  # ensurepip switches pip's configuration off in this process
ensurepip.bootstrap()
wanted = [arg for arg in sys.argv[1:] if arg not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", *wanted], env=env))
"""
SAME_SANITY = ("pep8", "pylint", "yamllint", "shellcheck")
"""Linters with rules of their own: those of the newest release are enough."""


@core_session("2.16", "newest")
def sanity(session: nox.Session, core: str) -> None:
    """ansible-test sanity, without a single exception; linters on the newest release alone."""
    work = BUILD / f"sanity-{core}"
    shutil.rmtree(work, ignore_errors=True)
    copy = stage.stage(work)  # a separate one, because ansible-test writes into it
    if list((copy / "tests/sanity").glob("ignore*")):
        session.error("tests/sanity holds exceptions: repair what they hide")
    if shutil.which("git"):  # with git it does not test its own output
        session.run("git", "init", "--quiet", str(copy), external=True)
    # It downloads a script that installs pip, unless its cache has one: give it what needs a package index alone.
    cache = Path.home() / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    (source,) = Path(session.virtualenv.location).glob("lib/*/*/ansible_test/_internal/python_requirements.py")
    for version in re.findall(r"\bpip='([\d.]+)'", source.read_text("utf-8")):
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        if not script.exists():
            script.write_text(GET_PIP, "utf-8")
    # It keeps its own environments below ~/.ansible/test and wants no settings from outside.
    kept = {key: value for key, value in environ(True).items() if not key.startswith(("ANSIBLE_", "PYTHON"))}
    with session.chdir(copy):
        skipped = [f"--skip-test={name}" for name in SAME_SANITY if core == "2.16"]
        command = ["ansible-test", "sanity", "--color", "no", *skipped, *session.posargs]
        session.run(*command, env=kept, include_outer_env=False, silent=True)


@nox.session(python=NEW)
def package(session: nox.Session) -> None:
    """Build the tarball, check its content, install it, and import it as Galaxy does.

    Before that, a release is rehearsed in a copy, so that an error does not first appear in a real release.
    """
    install(session, *LINT)
    trial = BUILD / "release-trial"
    shutil.rmtree(trial, ignore_errors=True)
    write_release(session, stage.stage(trial), "1.0.0")
    tarball = build_tarball(session, BUILD / "package")
    installed = str(BUILD / "package/installed")
    where = {"ANSIBLE_COLLECTIONS_PATH": installed, "PYTHONPATH": ""}
    run(session, "ansible-galaxy", "collection", "install", "--offline", "-p", installed, str(tarball), **where)
    run(session, "ansible-galaxy", "collection", "verify", "--offline", "otc.dis", **where)
    run(session, "python", str(TOOLS / "check_package.py"), str(tarball), **where)


def build_tarball(session: nox.Session, work: Path) -> Path:
    """Build it from a separate copy, because tests leave files in the other one."""
    shutil.rmtree(work, ignore_errors=True)
    source = stage.stage(work / "source")
    run(session, "ansible-galaxy", "collection", "build", "--output-path", str(work / "dist"), str(source))
    return next((work / "dist").glob("otc-dis-*.tar.gz"))


@nox.session(python=NEW)
def build(session: nox.Session) -> None:
    """Build the tarball for publishing; with a version, as in "make release ARGS=1.0.0", release that first."""
    install(session, *LINT)
    if session.posargs:
        write_release(session, ROOT, session.posargs[0])
    tarball = build_tarball(session, BUILD / "release")
    session.log(f"built {tarball.relative_to(ROOT)}; commit and tag a release before you publish it")


@nox.session(python=NEW)
def docs(session: nox.Session) -> None:
    """Build the documentation as a site, without a warning."""
    install(session, "-r", "tests/requirements/docs.txt")
    stage.stage(BUILD)
    pages = BUILD / "docs/pages"
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir(parents=True)
    pages.chmod(0o700)  # antsibull-docs writes into no folder that others may write to
    how = ["--config-file", "tests/docs/antsibull-docs.cfg", "collection", "--cleanup", "everything", "--fail-on-error"]
    where = ["--use-current", "--squash-hierarchy", "--dest-dir", str(pages), "otc.dis"]
    run(session, "python", "-c", ANTSIBULL_DOCS, *how, *where, PYTHONPATH="")
    (pages / "index.rst").rename(pages / "reference.rst")
    shutil.copy(ROOT / "tests/docs/index.rst", pages)
    run(session, "python", "tests/docs/fault_matrix.py", str(pages / "faults.rst"), PYTHONPATH="")
    for page in pages.rglob("*.rst"):  # the theme warns about page contents without this class
        wanted = "\\g<0>\\1   :class: this-will-duplicate-information-and-it-is-still-useful-here\n"
        page.write_text(re.sub(r"(?m)^( *)\.\. contents::\n", wanted, page.read_text("utf-8")), "utf-8")
    for picture in (ROOT / "docs/docsite/rst").glob("*.svg"):
        shutil.copy(picture, pages / "docsite")
    sphinx = ["sphinx-build", "-j", "auto", "-W", "--keep-going", "-qE", "-d", str(BUILD / "docs/trees")]
    run(session, *sphinx, "-c", "tests/docs", str(pages), str(BUILD / "site"), PYTHONPATH="")
    pytest(session, "tests/docs", workers="")
    session.log("open .build/site/index.html")


def write_release(session: nox.Session, checkout: Path, version: str) -> None:
    """Set the version, and turn the fragments into the changelog."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        session.error(f"{version} is no semantic version, such as 1.0.0")
    galaxy = checkout / "galaxy.yml"
    galaxy.write_text(re.sub(r"(?m)^version: .*$", f"version: {version}", galaxy.read_text("utf-8")), "utf-8")
    with session.chdir(checkout):
        for command in (["release", "--version", version], ["lint"]):
            run(session, "antsibull-changelog", *command, PYTHONPATH="")
    if f"v{version}" not in (checkout / "CHANGELOG.rst").read_text("utf-8"):
        session.error("the changelog does not contain the release")


@core_session("newest", more=("mutmut>=3.8",))
def mutation(session: nox.Session, core: str) -> None:
    """Break functions in small ways; the unit tests must notice nine in ten changes to the functions that they call."""
    work = BUILD / "mutation"
    shutil.rmtree(work, ignore_errors=True)
    copy = stage.stage(work)
    shutil.copy(copy / "pyproject.toml", work)
    below = work / "mutants"
    paths = os.pathsep.join([str(below), str(below / copy.relative_to(work) / "tests/emulator")])
    with session.chdir(work):
        where = [f"*.{name}.*" for name in session.posargs]
        run(session, "mutmut", "run", *where, PYTHONPATH=paths, CI="true")  # hypothesis repeats itself in CI
        left = str(session.run("mutmut", "results", silent=True)).splitlines()
        listed = "\n".join(one for one in left if "not checked" not in one)
        session.log(f"left, which mutmut show NAME shows:\n{listed}")
        run(session, "mutmut", "export-cicd-stats", PYTHONPATH=paths)
        found = json.loads((below / "mutmut-cicd-stats.json").read_text("utf-8"))
        reached = found["total"] - found["no_tests"]
        if not where and found["killed"] + found["timeout"] < 0.9 * reached:
            session.error("the unit tests notice less than nine in ten of the changes to functions that they call")


@core_session("newest")
def demo(session: nox.Session, core: str) -> None:
    """Run the demo against the emulator, or against a cloud of your clouds.yaml."""
    stage.stage(BUILD)
    run(session, "python", "tests/demo", *session.posargs, own_cloud="--cloud" in session.posargs)


@core_session("newest", more=("matplotlib",))
def bench(session: nox.Session, core: str) -> None:
    """Measure speed and hold it to the budgets."""
    stage.stage(BUILD)
    sdk = second_environment(session, "bench-sdk", USUAL, *CONFORMANCE)
    run(session, "python", "tests/bench", "--sdk-python", sdk, *session.posargs)
