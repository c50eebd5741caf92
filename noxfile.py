# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All checks of this collection, from the fastest to the slowest. `make help` shows the way in."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import zipfile
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests/tools"))

import environments  # noqa: E402
import pythons  # noqa: E402
import stage  # noqa: E402
from environments import BETWEEN, BUILD, NEWEST, OLDEST, Core, Environment  # noqa: E402

nox.needs_version = ">=2024.4.15"
nox.options.error_on_external_run = False
nox.options.default_venv_backend = "none"  # the environments are shared by the sessions: tests/tools/environments.py
nox.options.sessions = ["lint", "unit-newest", "modules-newest"]

logging.getLogger("nox").addFilter(lambda record: "uv binary" not in record.getMessage())  # nobody asked for uv
if os.environ.get("OTC_DIS_QUIET"):  # the demo speaks for itself
    logging.getLogger("nox").setLevel(logging.WARNING)

REQUIREMENTS = ROOT / "tests/requirements"
RESULTS = BUILD / "results"
STAGED = BUILD / "ansible_collections/otc/dis"
CORES = {core.name: core for core in (OLDEST, *BETWEEN, NEWEST)}
FAULTS = "tests/modules/faults"
WITHOUT_FAULTS = f"--ignore={FAULTS}"
TARGET = (3, 8)  # the oldest Python on which a module may run


# --- what the sessions share


def note(session: nox.Session, kind: str, text: str) -> None:
    """Leave word for the closing summary (tests/tools/run_all.py)."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{session.name}.{kind}").write_text(text, "utf-8")


def not_tested(session: nox.Session, what: str, needs: str) -> None:
    """End the session without a verdict, and have the closing summary say what nobody looked at."""
    note(session, "missing", f"{what} (needs {needs})")
    session.skip(f"not tested here: {what} (needs {needs})")


def prepare(session: nox.Session, name: str, python: pythons.Python, *wanted: str | Path) -> Environment:
    try:
        return environments.environment(
            name,
            python,
            [one for one in wanted if isinstance(one, str)],
            [one for one in wanted if isinstance(one, Path)],
            session.log,
        )
    except environments.SetUpFailed as err:
        session.error(str(err))


def core_environment(session: nox.Session, core: Core) -> Environment:
    python = core.interpreter()
    if python is None:
        not_tested(session, f"ansible-core {core.name}", core.needs)
        raise AssertionError("skipped")
    wanted = [REQUIREMENTS / "test.txt", ROOT / "tests/emulator/requirements.txt"]
    libraries = core.libraries if python.version < (3, 12) else ()  # later ones do not run the oldest urllib3
    name = f"core-{core.name}{'-oldest-libraries' if libraries else ''}"
    made = prepare(session, name, python, core.requirement, *libraries, *wanted)
    used = f"ansible-core {made.version_of('ansible-core')} on {python}"
    note(session, "used", used)
    if core is NEWEST and python.version < (3, 12):
        note(session, "missing", "ansible-core 2.20 and later (needs Python 3.12 or later)")
    session.log(used)
    return made


def tools_environment(session: nox.Session) -> Environment:
    python = NEWEST.interpreter()
    if python is None:
        session.error(f"the tools need {NEWEST.needs}")
    wanted = [REQUIREMENTS / "lint.txt", ROOT / "tests/emulator/requirements.txt"]
    return prepare(session, "tools", python, *wanted)


def run(session: nox.Session, env: Environment, *command: str, **more: str) -> None:
    """Run a program of *env* in surroundings that the machine has no say in."""
    environ = {**environments.clean_environ(), "PATH": environments.path_with(env), **more}
    program = env.bin / command[0]
    first = str(program) if program.exists() else command[0]
    session.run(first, *command[1:], env=environ, include_outer_env=False, external=True)


def pytest(
    session: nox.Session, env: Environment, folder: str, *args: str, report: str | None = None, **more: str
) -> None:
    """Run tests.

    :param report: name of the file with the results, if the session has another one already
    """
    stage.stage(BUILD)
    if not any((ROOT / folder).rglob("test_*.py")):
        session.error(f"{folder} holds no test")
    RESULTS.mkdir(parents=True, exist_ok=True)
    named = any(not arg.startswith("-") and (ROOT / arg.split("::")[0]).exists() for arg in session.posargs)
    where = [] if named else [folder]
    junit = f"--junit-xml={RESULTS / ((report or session.name) + '.xml')}"
    more.setdefault("HOME", str(empty_home()))
    suite = f"junit_suite_name={session.name}"
    run(session, env, "python", "-m", *args, junit, "-o", suite, *where, *session.posargs, **more)


def empty_home() -> Path:
    """No clouds.yaml and no .netrc of a developer's."""
    home = BUILD / "home"
    home.mkdir(parents=True, exist_ok=True)
    return home


def parallel(session: nox.Session, processes: str = "auto") -> list[str]:
    """Spread over the processors, unless the caller chose."""
    if any(arg.startswith(("-n", "--pdb")) for arg in session.posargs):
        return []
    return ["-n", processes, "--dist", "loadgroup"]


def counting(core: Core) -> list[str]:
    """Covered branches are counted on demand, for it takes time, and with the newest release alone."""
    return ["coverage", "run", "-m"] if core is NEWEST and os.environ.get("OTC_DIS_COVERAGE") else []


def each(*cores: Core):
    """Make one session per ansible-core: name-2.16 and so on."""

    def register(function):
        for core in cores:

            def body(session: nox.Session, core: Core = core) -> None:
                function(session, core)

            body.__name__ = function.__name__
            body.__doc__ = f"{function.__doc__} [ansible-core {core.name}]"
            nox.session(
                body, name=f"{function.__name__}-{core.name}", tags=[] if core in BETWEEN else [function.__name__]
            )
        return function

    return register


# --- reading the collection without running it


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, documentation, changelog and licences."""
    env = tools_environment(session)
    stage.stage(BUILD)
    checks = {
        "ruff": ["ruff", "check", "."],
        "format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy", "--config-file", "pyproject.toml", str(STAGED / "plugins")],
        "mypy-emulator": ["mypy", "--config-file", "pyproject.toml", "tests/emulator/otc_emulator"],
        "yamllint": ["yamllint", "--strict", "."],
        "ansible-lint": ["ansible-lint", "--offline", "--profile", "production", "--strict", "-q"],
        "docs": [
            "python",
            "tests/tools/lint_docs.py",
            "lint-collection-docs",
            "--plugin-docs",
            "--validate-collection-refs=all",
            "--disallow-unknown-collection-refs",
            "--check-extra-docs-refs",
            ".",
        ],
        "changelog": ["antsibull-changelog", "lint"],
        "reuse": ["reuse", "--suppress-deprecation", "lint", "--quiet"],
    }
    wanted = [name for name in checks if name in session.posargs] or list(checks)
    failed = []
    for name in wanted:
        try:
            run(session, env, *checks[name], HOME=str(empty_home()), PYTHONPATH="", RUFF_CACHE_DIR=str(BUILD / "ruff"))
        except nox.command.CommandFailed:
            failed.append(name)
    if failed:
        session.error(f"not clean: {', '.join(failed)} (one alone: make lint ARGS={failed[0]})")


@nox.session(name="format")
def reformat(session: nox.Session) -> None:
    """Bring the code, or the files named, into the common style."""
    env = tools_environment(session)
    where = session.posargs or ["."]
    run(
        session,
        env,
        "ruff",
        "check",
        "--select",
        "I",
        "--fix",
        "--exit-zero",
        *where,
        RUFF_CACHE_DIR=str(BUILD / "ruff"),
    )
    run(session, env, "ruff", "format", *where, RUFF_CACHE_DIR=str(BUILD / "ruff"))


# --- tests


@each(OLDEST, NEWEST)
def unit(session: nox.Session, core: Core) -> None:
    """The pure core and the small parts, without a network."""
    pytest(session, core_environment(session, core), "tests/unit", *counting(core), "pytest")


@nox.session
def emulator(session: nox.Session) -> None:
    """The stand-in for the cloud against the written contract."""
    env = core_environment(session, NEWEST)
    pytest(session, env, "tests/emulator", "pytest", *parallel(session))


@each(OLDEST, *BETWEEN, NEWEST)
def modules(session: nox.Session, core: Core) -> None:
    """Modules over real HTTP against the emulator."""
    chosen = ["-m", "quick"] if core in BETWEEN else ["-m", "not newest"] if core is OLDEST else []
    how = [*counting(core), "pytest", *parallel(session), *chosen, WITHOUT_FAULTS]
    pytest(session, core_environment(session, core), "tests/modules", *how)


@nox.session
def faces(session: nox.Session) -> None:
    """The same tests of modules through the action plugin, which runs modules inside the controller."""
    env = core_environment(session, NEWEST)
    how = ["pytest", *parallel(session), "-m", "not processes", WITHOUT_FAULTS]
    pytest(session, env, "tests/modules", *how, OTC_DIS_FACE="action")


@nox.session
def faults(session: nox.Session) -> None:
    """Every fault at every operation, and random walks.

    Half of the cells and walks run as modules, half through the action plugin; all cells do both with "--both-modes",
    or if some are chosen. "--measure" writes the table anew, "--steps" walks further.
    """
    env = core_environment(session, NEWEST)
    chosen = any(arg.startswith("-k") or "::" in arg for arg in session.posargs)
    # Much of the time goes by waiting for answers that do not come.
    how = ["pytest", *parallel(session, "6"), *(["--both-modes"] if chosen else [])]
    pytest(session, env, FAULTS, *how)
    if "--measure" not in session.posargs:
        pytest(session, env, FAULTS, *how, report="faults.action", OTC_DIS_FACE="action")


@each(OLDEST, *BETWEEN, NEWEST)
def playbooks(session: nox.Session, core: Core) -> None:
    """Playbooks, roles and ad hoc calls through Ansible itself."""
    chosen = ["-m", "quick"] if core in BETWEEN else ["-m", "not newest"] if core is OLDEST else []
    pytest(session, core_environment(session, core), "tests/playbooks", "pytest", *parallel(session), *chosen)


@nox.session
def coverage(session: nox.Session) -> None:
    """Report the lines and branches that the unit and module tests reached. No gate."""
    env = core_environment(session, NEWEST)
    if not any((BUILD / "coverage").glob("data.*")):
        session.error("nothing was counted: make coverage runs the tests, too")
    run(session, env, "coverage", "combine", "--quiet")
    run(session, env, "coverage", "report")
    run(session, env, "coverage", "html", "--quiet", "--directory", str(BUILD / "coverage/html"))
    session.log(f"line by line: {(BUILD / 'coverage/html/index.html').relative_to(ROOT)}")


@nox.session
def mutation(session: nox.Session) -> None:
    """Break the decisions, signing, settings and transport in small ways; the unit tests must notice nine in ten."""
    env = core_environment(session, NEWEST)
    stage.stage(BUILD)
    run(session, env, "python", "tests/tools/mutation.py", *session.posargs, HOME=str(empty_home()))


@nox.session
def target(session: nox.Session) -> None:
    """Playbooks whose modules run on the oldest Python, with nothing there but requests."""
    version = "{}.{}".format(*TARGET)
    found = pythons.discover().get(TARGET)
    if found is None:
        not_tested(session, f"modules on Python {version}", f"Python {version}")
    # Later releases of ansible-core no longer support that Python as a target.
    env = core_environment(session, OLDEST)
    bare = prepare(session, f"target-{version}", pythons.Python(TARGET, found), REQUIREMENTS / "target.txt")
    pytest(session, env, "tests/playbooks", "pytest", *parallel(session), OTC_DIS_TARGET_PYTHON=bare.python)


def usual_python(session: nox.Session, what: str) -> pythons.Python:
    """A Python for which foreign packages surely have releases."""
    found = pythons.discover()
    known = [version for version in ((3, 12), (3, 11), (3, 13), (3, 10)) if version in found]
    if not known:
        not_tested(session, what, "Python 3.10 to 3.13")
    return pythons.Python(known[0], found[known[0]])


@nox.session
def conformance(session: nox.Session) -> None:
    """The stand-in for the cloud, driven by the vendors' own clients."""
    python = usual_python(session, "the emulator by the vendors' clients")
    env = prepare(session, "conformance", python, ROOT / "tests/conformance/requirements.txt")
    pytest(session, env, "tests/conformance", "pytest")


@nox.session
def keystone(session: nox.Session) -> None:
    """Logging in at a real OpenStack Keystone."""
    python = usual_python(session, "login at an OpenStack Keystone")
    files = [
        REQUIREMENTS / "test.txt",
        ROOT / "tests/emulator/requirements.txt",
        ROOT / "tests/keystone/requirements.txt",
    ]
    env = prepare(session, "keystone", python, "ansible-core", *files)
    pytest(session, env, "tests/keystone", "pytest")


@each(OLDEST, NEWEST)
def awx(session: nox.Session, core: Core) -> None:
    """Jobs as AWX runs them, with its own injectors, its runner and its image builder."""
    found = pythons.discover()
    # Those on which the parts of AWX run.
    known = [version for version in ((3, 12), (3, 11), (3, 13)) if version in found and version in core.runs_on]
    if not known:
        not_tested(session, f"jobs of AWX on ansible-core {core.name}", "Python 3.11 or 3.12")
    python = pythons.Python(known[0], found[known[0]])
    files = [REQUIREMENTS / "awx.txt", REQUIREMENTS / "test.txt", ROOT / "tests/emulator/requirements.txt"]
    env = prepare(session, f"awx-{core.name}", python, core.requirement, *files)
    fetch_awx_collection(session, env)
    pytest(session, env, "tests/awx", "pytest", *parallel(session))


def fetch_awx_collection(session: nox.Session, env: Environment) -> None:
    """Lay out awx.awx below .build, once, from the last community package that holds it. The rest of it is left out."""
    home = BUILD / "awx-awx"
    if (home / "ansible_collections").is_dir():
        return
    session.log("fetching the collection awx.awx (50 MB)")
    shutil.rmtree(home, ignore_errors=True)
    pip = ["python", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    run(session, env, *pip, "--only-binary=:all:", "--dest", str(home), "ansible==12.*")
    wheel = next(home.glob("ansible-*.whl"))
    with zipfile.ZipFile(wheel) as package:
        wanted = [name for name in package.namelist() if name.startswith("ansible_collections/awx/")]
        package.extractall(home / "new", wanted)
    (home / "new/ansible_collections").rename(home / "ansible_collections")
    wheel.unlink()


# --- the gates of the ecosystem


@each(OLDEST, NEWEST)
def sanity(session: nox.Session, core: Core) -> None:
    """ansible-test sanity, without a single exception."""
    env = core_environment(session, core)
    stage.stage(BUILD)
    if list((STAGED / "tests/sanity").glob("ignore*")):
        session.error("tests/sanity holds exceptions: repair what they hide")
    run(session, env, "python", str(ROOT / "tests/tools/sanity_bootstrap.py"))
    # It keeps its own environments below ~/.ansible/test and wants no settings from outside.
    drop = ("ANSIBLE_", "PYTHON")
    environ = {key: value for key, value in environments.clean_environ().items() if not key.startswith(drop)}
    environ["PATH"] = environments.path_for_ansible_test(env)
    log = BUILD / "log" / f"{session.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(env.bin / "ansible-test"), "sanity", "--color", "no", *session.posargs]
    with session.chdir(STAGED), log.open("w", encoding="utf-8") as out:
        try:
            session.run(*command, env=environ, include_outer_env=False, external=True, stdout=out, stderr=out)
        except nox.command.CommandFailed:
            told = [
                line for line in log.read_text("utf-8", "replace").splitlines() if line.startswith(("ERROR", "FATAL"))
            ]
            session.error("\n".join([*told, f"all of it: {log.relative_to(ROOT)}"]))
    text = log.read_text("utf-8", "replace")
    session.log(f"{text.count('Running sanity test ')} sanity tests, no finding, no exception")


@nox.session
def package(session: nox.Session) -> None:
    """Build the tarball, look at what is in it, install it, read its documentation, import it as Galaxy does.

    Before that, a release is tried in a copy: what nobody does every day breaks unseen.
    """
    env = core_environment(session, NEWEST)
    tools = tools_environment(session)
    work = BUILD / "package"
    trial = BUILD / "release-trial"
    shutil.rmtree(trial, ignore_errors=True)
    copy = stage.stage(trial)
    write_release(session, tools, copy, "1.0.0")
    text = (copy / "CHANGELOG.rst").read_text("utf-8")
    if "v1.0.0" not in text or "otc.dis.dli_transfer_task" not in text:
        session.error("the changelog of a release does not tell what is in it")
    tarball = build_tarball(session, env, work)
    run(session, env, "python", str(ROOT / "tests/tools/check_tarball.py"), str(tarball))
    installed = work / "installed"
    shutil.rmtree(installed, ignore_errors=True)
    where = {"ANSIBLE_COLLECTIONS_PATH": str(installed), "PYTHONPATH": ""}
    galaxy = ["ansible-galaxy", "collection"]
    run(session, env, *galaxy, "install", "--offline", "-p", str(installed), str(tarball), **where)
    run(session, env, *galaxy, "verify", "--offline", "otc.dis", **where)
    run(session, env, "python", str(ROOT / "tests/tools/check_docs.py"), str(installed), **where)
    run(session, tools, "python", str(ROOT / "tests/tools/galaxy_import.py"), str(tarball), **where)


@nox.session
def build(session: nox.Session) -> None:
    """Build the tarball for publishing."""
    tarball = build_tarball(session, core_environment(session, NEWEST), BUILD / "release")
    session.log(f"built {tarball.relative_to(ROOT)}")


@nox.session
def release(session: nox.Session) -> None:
    """Write version, changelog and tarball of a release: make release ARGS=1.0.0."""
    if len(session.posargs) != 1:
        session.error("name the version, as in: make release ARGS=1.0.0")
    version = session.posargs[0]
    env = core_environment(session, NEWEST)
    write_release(session, tools_environment(session), ROOT, version)
    tarball = build_tarball(session, env, BUILD / "release")
    session.log(f"built {tarball.relative_to(ROOT)}; commit what changed, tag it {version}, publish the tarball")


def write_release(session: nox.Session, tools: Environment, checkout: Path, version: str) -> None:
    """Set the version, and turn the fragments into the changelog."""
    run(session, tools, "python", str(ROOT / "tests/tools/set_version.py"), str(checkout / "galaxy.yml"), version)
    with session.chdir(checkout):
        for command in (["release", "--version", version], ["lint"]):
            run(session, tools, "antsibull-changelog", *command, HOME=str(empty_home()), PYTHONPATH="")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation as a site, without a warning or a dead link; "draw" draws its pictures anew first."""
    python = NEWEST.interpreter()
    if python is None:
        session.error(f"the site needs {NEWEST.needs}")
    env = prepare(session, "docs", python, REQUIREMENTS / "docs.txt")
    note(session, "used", f"antsibull-docs {env.version_of('antsibull-docs')}, Sphinx {env.version_of('sphinx')}")
    stage.stage(BUILD)
    if "draw" in session.posargs:
        run(session, env, "python", "tests/docs/pictures.py")
        stage.stage(BUILD)
    run(session, env, "python", "tests/docs", HOME=str(empty_home()), PYTHONPATH="")


def build_tarball(session: nox.Session, env: Environment, work: Path) -> Path:
    # A copy of its own: tests leave things in the other one.
    shutil.rmtree(work, ignore_errors=True)
    source = stage.stage(work / "source")
    dist = work / "dist"
    run(session, env, "ansible-galaxy", "collection", "build", "--output-path", str(dist), str(source))
    return next(dist.glob("otc-dis-*.tar.gz"))


# --- to look at


@nox.session
def demo(session: nox.Session) -> None:
    """Show the collection at work, against the emulator or a cloud of yours."""
    show(session, "tests/demo")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure speed and hold it to the budgets."""
    python = usual_python(session, "the speed of the vendor's SDK")
    sdk = prepare(session, "conformance", python, ROOT / "tests/conformance/requirements.txt")
    show(session, "tests/bench", "--sdk-python", sdk.python)


def show(session: nox.Session, folder: str, *words: str) -> None:
    if not (ROOT / folder / "__main__.py").is_file():
        session.error(f"{folder}/__main__.py is missing")
    env = core_environment(session, NEWEST)
    stage.stage(BUILD)
    own_cloud = "--cloud" in session.posargs
    environ = {**environments.clean_environ(own_cloud), "PATH": environments.path_with(env)}
    if not own_cloud:
        environ["HOME"] = str(empty_home())
    session.run(env.python, folder, *words, *session.posargs, env=environ, include_outer_env=False, external=True)
