# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Break the collection in small ways and see whether the unit tests notice: `make mutation`.

The tools that are made for this leave alone what stands outside functions, and here that is the tables from which
everything follows. A mutant lives in memory, in a forked process that runs the tests that reach the line. Sentences for
people are not mutated: their wording is free.
"""

from __future__ import annotations

import argparse
import ast
import copy
import gc
import importlib.machinery
import json
import os
import random
import resource
import signal
import sys
import time
import types
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".build/ansible_collections/otc/dis/plugins/module_utils"
TESTS = str(ROOT / "tests/unit")
WORK = ROOT / ".build/mutation"
MODULES = (
    *("plan", "transfer_task", "stream", "destinations", "fields", "fleet", "rules", "errors", "app", "checkpoint"),
    *("records", "metrics", "times", "paging", "signing", "settings", "http", "parallel", "preflight", "health"),
    *("export", "clouds"),
)
LONGEST = 150  # seconds by the clock; by the processor it is ten times what the tests take, and some more
LONGEST_TESTS = 8  # seconds that the tests of one mutant may take, the quick ones first
MOST_MEMORY = 3 * 2**30
SWAPS = {
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.FloorDiv],
    ast.Div: [ast.Mult],
    ast.Mod: [ast.Mult],
}


# --- mutants


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""

    def changed(**values) -> ast.AST:
        other = copy.copy(node)
        for name, value in values.items():
            setattr(other, name, value)
        return other

    if isinstance(node, ast.Compare):
        for number, op in enumerate(node.ops):
            for swap in SWAPS.get(type(op), ()):
                yield changed(ops=[*node.ops[:number], swap(), *node.ops[number + 1 :]])
    elif isinstance(node, (ast.BoolOp, ast.BinOp)):
        yield from (changed(op=swap()) for swap in SWAPS.get(type(node.op), ()))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield node.operand
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield changed(value=not node.value)
        elif isinstance(node.value, (int, float)):
            yield changed(value=node.value + 1)
        elif isinstance(node.value, (str, bytes)) and len(node.value.split()) < 2:
            yield changed(value=node.value + ("X" if isinstance(node.value, str) else b"X"))
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)) and not isinstance(node.test, (ast.Compare, ast.UnaryOp)):
        yield changed(test=ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield changed(ifs=[])
    elif isinstance(node, ast.Return) and node.value and ast.unparse(node.value) != "None":
        yield changed(value=ast.Constant(None))
    elif isinstance(node, (ast.Break, ast.Continue, ast.Raise, ast.AugAssign, ast.Delete)) or (
        isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)
    ):
        yield ast.Pass()
    elif isinstance(node, ast.keyword) and node.arg and not isinstance(node.value, ast.Constant):
        yield changed(value=ast.Constant(None))


def is_sentence(node: ast.JoinedStr) -> bool:
    return any(isinstance(one, ast.Constant) and " " in str(one.value) for one in node.values)


class Mutant:
    """A tree with one node replaced, the function it is in, and the lines of its statement."""

    def __init__(self, module: str, holder: ast.AST, name: str, at: int | None, new: ast.AST, where: ast.stmt):
        self.module, self.holder, self.name, self.at, self.new = module, holder, name, at, new
        self.function: ast.AST | None = None
        body = getattr(where, "body", None)
        last = body[0].lineno - 1 if body else where.end_lineno
        self.lines = range(where.lineno, max(where.lineno, last) + 1)
        old = getattr(holder, name) if at is None else getattr(holder, name)[at]
        line = getattr(old, "lineno", where.lineno)
        self.told = f"{line}: {self.brief(old)}  ->  {self.brief(new)}"

    @staticmethod
    def brief(node: ast.AST) -> str:
        text = " ".join(ast.unparse(node).split())
        return text if len(text) < 110 else f"{text[:107]}..."

    def apply(self) -> None:
        ast.copy_location(self.new, self.holder) if hasattr(self.holder, "lineno") else None
        if self.at is None:
            setattr(self.holder, self.name, self.new)
        else:
            getattr(self.holder, self.name)[self.at] = self.new


def mutants(module: str, tree: ast.Module) -> list[Mutant]:
    found: list[Mutant] = []

    def walk(node: ast.AST, where: ast.stmt | None, inside: ast.AST | None) -> None:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_comment"):
                continue
            within = node if inside is None and isinstance(node, ast.FunctionDef) and name == "body" else inside
            for at, child in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(child, ast.AST) or isinstance(child, (ast.Import, ast.ImportFrom)):
                    continue
                if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                    continue
                if isinstance(child, ast.JoinedStr) and is_sentence(child):
                    for part in child.values:
                        if isinstance(part, ast.FormattedValue):
                            walk(part, where, within)
                    continue
                if isinstance(child, ast.Assign) and ast.unparse(child).startswith(("__slots__", "Resource = TypeVar")):
                    continue
                place = child if isinstance(child, ast.stmt) else where
                for new in variants(child):
                    one = Mutant(module, node, name, at if isinstance(value, list) else None, new, place)
                    one.function = within
                    found.append(one)
                walk(child, place, within)

    walk(tree, None, None)
    return found


# --- tests


class Quick:
    """Settings of the property tests: nobody reads a small example here, and the examples are always the same."""

    def pytest_collection(self) -> None:
        from hypothesis import Phase, settings

        found = (Phase.explicit, Phase.generate)
        few = settings(settings.default, max_examples=40, phases=found, derandomize=True, database=None)
        settings.register_profile("mutation", few)
        settings.load_profile("mutation")


class Listener(Quick):
    """Hears which test reaches which line, how long it takes, and which ones fail."""

    def __init__(self, cover):
        self.cover, self.times, self.failed = cover, defaultdict(float), set()

    def pytest_runtest_logstart(self, nodeid) -> None:
        self.cover.switch_context(nodeid)

    def pytest_runtest_logreport(self, report) -> None:
        self.times[report.nodeid] += report.duration
        if report.failed:
            self.failed.add(report.nodeid)


class Host(Quick):
    """Collects the tests once; what happens then is done in its stead."""

    def __init__(self, then):
        self.then = then

    def pytest_runtestloop(self, session) -> bool:
        self.then(session)
        return True


def run_pytest(plugin, *where: str) -> int:
    import pytest

    quiet = ["-s", "-p", "no:cacheprovider", "-p", "no:terminal", "-o", "addopts=--import-mode=importlib"]
    # What only asks that nothing breaks down finds no wrong answer.
    return int(pytest.main([*quiet, "-W", "ignore", "--ignore=tests/unit/test_fuzz.py", *where], plugins=[plugin]))


def run_items(session, wanted: dict[str, float]) -> int:
    """Run some of the collected tests, the quick ones first, up to the first that fails."""
    items = sorted((one for one in session.items if one.nodeid in wanted), key=lambda one: wanted[one.nodeid])
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


def in_child(work) -> int:
    """Run *work* in a process of its own, which is the leader of a group."""
    pid = os.fork()
    if pid:
        return pid
    status = 3
    try:
        os.setsid()
        silent = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(silent, number)
        status = work()
    finally:
        os._exit(status)


def look_first() -> int:
    """Run all unit tests unharmed."""
    import coverage

    cover = coverage.Coverage(data_file=None, include=[f"{HOME}/*"], config_file=False)
    cover.start()
    listener = Listener(cover)
    run_pytest(listener, "tests/unit")
    cover.stop()
    data = cover.get_data()
    reached = {
        Path(file).stem: {str(line): names for line, names in data.contexts_by_lineno(file).items()}
        for file in data.measured_files()
    }
    told = {"reached": reached, "times": listener.times, "failed": sorted(listener.failed)}
    (WORK / "first.json").write_text(json.dumps(told), "utf-8")
    return 0


def tests_for(mutant: Mutant, first: dict) -> dict[str, float]:
    lines = first["reached"].get(f"_{mutant.module}", {})
    names = {name for number in mutant.lines for name in lines.get(str(number), ())}
    if names == {""}:  # a function that makes the tables
        mutant.function = None
    names -= {""}
    if mutant.function is None:  # it counts from the import on
        files = {name.split("::")[0] for inside in lines.values() for name in inside}
        names = {name for name in first["times"] if name.split("::")[0] in files}
    wanted, spent = {}, 0.0
    for name in sorted(names, key=first["times"].__getitem__):
        spent += first["times"][name]
        if spent < LONGEST_TESTS:
            wanted[name] = first["times"][name]
    return wanted


def functions_of(file: str) -> dict[tuple[str, int], list[types.FunctionType]]:
    found = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, types.FunctionType) and one.__code__.co_filename == file:
            found[one.__code__.co_qualname, one.__code__.co_firstlineno].append(one)
    return found


def codes_in(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield from codes_in(one)


def attack(session, mutant: Mutant, tree: ast.Module, wanted: dict[str, float], functions: dict) -> int:
    """Put the mutant into the place of the code, and run the tests."""
    limit = int(3 + 10 * sum(wanted.values()))
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    file = str(HOME / f"_{mutant.module}.py")
    mutant.apply()
    code = compile(ast.fix_missing_locations(tree), file, "exec")
    pairs = [(one, old) for one in codes_in(code) for old in functions.get((one.co_qualname, one.co_firstlineno), ())]
    fits = all(one.co_freevars == old.__code__.co_freevars for one, old in pairs)  # not without its super()
    if mutant.function is not None and fits:
        for one, old in pairs:
            old.__code__ = one
        return run_items(session, wanted)
    # Whatever is made at import is made anew from here on.
    for name, module in list(sys.modules.items()):
        if name.startswith("ansible_collections.otc") or str(getattr(module, "__file__", "")).startswith(TESTS):
            del sys.modules[name]
    real = importlib.machinery.SourceFileLoader.get_code
    target = f"ansible_collections.otc.dis.plugins.module_utils._{mutant.module}"
    importlib.machinery.SourceFileLoader.get_code = lambda self, name: code if name == target else real(self, name)
    fate = [1]

    def then(inner) -> None:
        fate[0] = run_items(inner, wanted)

    run_pytest(Host(then), *sorted({name.split("::")[0] for name in wanted}))
    return fate[0]


def fight(
    session, chosen: list[tuple[Mutant, ast.Module, dict[str, float]]], jobs: int
) -> Iterator[tuple[Mutant, str]]:
    """Each mutant with what became of it: killed, endless, survived or unreached."""
    running: dict[int, tuple[Mutant, float]] = {}
    waiting = list(reversed(chosen))
    functions = functions_of(str(HOME / f"_{chosen[0][0].module}.py")) if chosen else {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant, tree, wanted = waiting.pop()
            if not wanted:
                yield mutant, "unreached"
                continue
            running[in_child(lambda m=mutant, t=tree, w=wanted: attack(session, m, t, w, functions))] = (
                mutant,
                time.monotonic(),
            )
        for pid, (mutant, start) in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if not done and time.monotonic() - start > LONGEST:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                del running[pid]
                yield mutant, "endless"
            elif done:
                del running[pid]
                yield mutant, "survived" if status == 0 else "endless" if os.WIFSIGNALED(status) else "killed"
        time.sleep(0.005)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as stream or _stream.py; all by default")
    parser.add_argument("--most", type=int, default=300, help="mutants of a module, drawn by a fixed seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--again", action="store_true", help="only those that were left over the last time")
    options = parser.parse_args()
    names = [Path(name).stem.lstrip("_") for name in options.modules] or list(MODULES)
    os.environ["CI"] = "true"  # hypothesis then draws the same examples every time
    WORK.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    os.waitpid(in_child(look_first), 0)
    first = json.loads((WORK / "first.json").read_text("utf-8"))
    if not first["times"]:
        sys.exit("no test ran: does make test-unit pass?")
    used = {test for lines in first["reached"].values() for tests in lines.values() for test in tests}
    if used & set(first["failed"]):
        sys.exit(f"fails without any mutant: {sorted(used & set(first['failed']))[0]}")
    table: list[tuple[str, int, int, int]] = []
    run_pytest(Host(lambda session: table.extend(war(session, names, options, first))), "tests/unit")
    for name, killed, tried, possible in table:
        print(f"_{name}.py: {killed} of {tried} killed ({100 * killed // (tried or 1)} %), of {possible} possible")
    return int(not options.again and any(10 * killed < 9 * tried for _one, killed, tried, _one in table))


def both_ways(plans: list) -> list:
    """Of each way to put a mutant into its place the one with the most tests."""
    ways = [[one for one in plans if (one[0].function is None) is way] for way in (True, False)]
    return [max(way, key=lambda one: len(one[2])) for way in ways if way]


def unharmed(plan: tuple[Mutant, ast.Module, dict[str, float]]) -> tuple[Mutant, ast.Module, dict[str, float]]:
    """The same with nothing changed: it must survive."""
    mutant, tree, wanted = plan
    same = copy.copy(mutant)
    old = getattr(mutant.holder, mutant.name)
    same.new = old if mutant.at is None else old[mutant.at]
    return same, tree, wanted


def war(session, names: list[str], options, first: dict) -> Iterator[tuple[str, int, int, int]]:
    """Attack module after module: how many mutants were killed, tried and possible."""
    for name in names:
        tree = ast.parse((HOME / f"_{name}.py").read_text("utf-8"))
        every = mutants(name, tree)
        chosen = sorted(random.Random(6).sample(range(len(every)), min(options.most, len(every))))
        log = WORK / f"{name}.json"
        if options.again:
            old = set(json.loads(log.read_text("utf-8")))
            chosen = [number for number in chosen if every[number].told in old]
        plans = [(every[number], tree, tests_for(every[number], first)) for number in chosen]
        for _same, fate in fight(session, [unharmed(one) for one in both_ways(plans)], options.jobs):
            if fate != "survived":
                sys.exit(f"_{name}.py: tests fail without any change, so no verdict on others can be trusted")
        left, endless = [], 0
        for mutant, fate in fight(session, plans, options.jobs):
            endless += fate == "endless"
            if fate in ("survived", "unreached"):
                left.append(mutant.told)
                print(f"  _{name}.py:{mutant.told}  [{fate}]", flush=True)
        log.write_text(json.dumps(left), "utf-8")
        print(f"_{name}.py: {len(left)} of {len(plans)} are left over, {endless} did not end", flush=True)
        yield name, len(plans) - len(left), len(plans), len(every)


if __name__ == "__main__":
    sys.exit(main())
