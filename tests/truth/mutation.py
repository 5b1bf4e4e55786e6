"""The machinery of `make mutants`: the mutants that mutmut's operators make of a file, and a quick way to run tests against each.

mutmut says what to change; running them is done here.  The tests are collected once.  For each mutant the process is forked, the code of the one function
is exchanged in the fork, and those tests run that reach the function, until one fails: those first that have found mutants of this function before, then
the quick ones.  That takes a tenth of a second for a mutant that is found, where a test run of its own takes three.
"""

from __future__ import annotations

import ast
import gc
import os
import pickle
import resource
import signal
import sys
import textwrap
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import libcst as cst
import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, settings
from mutmut.mutation.file_mutation import Mutation, create_mutations, deep_replace

SECONDS, TIMES = 2, 20  # a test may take this much processor time more, and this many times what it takes without a mutant
MEMORY = 4 << 30  # bytes of address space
SURVIVED, KILLED, TOO_LONG = range(3)


@dataclass(frozen=True)
class Function:
    """A function or method that is mutated."""

    module: str
    path: str  # "close", "Pool.move"
    node: cst.FunctionDef = field(repr=False, compare=False)
    source: cst.Module = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """ "handlers.paid.close", "cash.Pool.move"."""
        return f"{self.module}.{self.path}".removeprefix("portfolios.ledger.")

    @property
    def live(self) -> FunctionType:
        """The function itself."""
        found: Any = import_module(self.module)
        for part in self.path.split("."):
            found = vars(found)[part]
        return getattr(found, "__func__", found)  # of a class or static method

    @cached_property
    def text(self) -> str:
        return self.source.code_for_node(self.node)


@dataclass(frozen=True)
class Mutant:
    """One change of a function."""

    function: Function
    number: int
    change: Mutation = field(repr=False, hash=False, compare=False)

    @property
    def text(self) -> str:
        return self.function.source.code_for_node(deep_replace(self.function.node, self.change.original_node, self.change.mutated_node))

    @property
    def lines(self) -> tuple[str, str]:
        """The lines that change, before and after."""
        before, after = self.function.text.splitlines(), self.text.splitlines()
        while before and after and before[0] == after[0]:
            del before[0], after[0]
        while before and after and before[-1] == after[-1]:
            del before[-1], after[-1]
        return tuple(" ".join(line.strip() for line in side) for side in (before, after))

    def is_change(self, old: str, new: str) -> bool:
        """Whether it is what becomes of the function where `old` is replaced by `new` in one place."""
        parts, text = self.function.text.split(old), self.text
        return any(old.join(parts[:n]) + new + old.join(parts[n:]) == text for n in range(1, len(parts)))

    def apply(self) -> None:
        """Exchange the code of the function, here and now."""
        live, text, (*owner, name) = self.function.live, self.text, self.function.path.split(".")
        if owner:
            text = f"class {owner[0]}:\n{textwrap.indent(text, '    ')}"
        code = compile(f"from __future__ import annotations\n{text}", "<mutant>", "exec")
        live.__code__ = next(one for one in _codes(code) if one.co_name == name)
        arguments = next(one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef)).args
        live.__defaults__ = tuple(_value(one, live) for one in arguments.defaults) or None
        live.__kwdefaults__ = {
            arg.arg: _value(one, live) for arg, one in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if one is not None
        } or None


def _codes(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _codes(one)


def _value(node: ast.expr, function: FunctionType) -> Any:
    return eval(compile(ast.Expression(node), "<default>", "eval"), function.__globals__)


def module_name(file: Path, root: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def functions_of(module: cst.Module, name: str) -> Iterator[Function]:
    for statement in module.body:
        if isinstance(statement, cst.FunctionDef):
            yield Function(name, statement.name.value, statement, module)
        elif isinstance(statement, cst.ClassDef) and isinstance(statement.body, cst.IndentedBlock):
            for method in statement.body.body:
                if isinstance(method, cst.FunctionDef):
                    yield Function(name, f"{statement.name.value}.{method.name.value}", method, module)


def mutants_of(file: Path, root: Path) -> list[Mutant]:
    """All that mutmut makes of a file, in the order of the file.  Decorated functions have none."""
    module, changes, *_ = create_mutations(str(file), file.read_text())
    mutants = []
    for function in functions_of(module, module_name(file, root)):
        own = [change for change in changes if change.contained_by_top_level_function is function.node]
        mutants += [Mutant(function, number, change) for number, change in enumerate(own, 1)]
    return mutants


PLAINLY = {"phases": [Phase.explicit, Phase.generate], "derandomize": True, "database": None, "deadline": None, "report_multiple_bugs": False}
FEW = 25


def few_examples(items: Iterable[pytest.Item]) -> None:
    """Thousands of runs: few examples each, the same ones, and the first that fails is enough; a slow machine finds no mutants."""
    for item in items:
        test: Any = getattr(item, "obj", None)
        asked: settings | None = getattr(test, "_hypothesis_internal_use_settings", None)
        if asked is not None:
            few = min(asked.max_examples, FEW)
            test._hypothesis_internal_use_settings = settings(asked, max_examples=few, suppress_health_check=list(HealthCheck), **PLAINLY)


class Runner:
    """A plugin of pytest: instead of running the tests once, runs them against each mutant."""

    def __init__(self, mutants: list[Mutant], children: int, told: Callable[[Mutant, int], None]) -> None:
        self.mutants, self.children, self.told = mutants, children, told
        self.outcomes: dict[Mutant, int] = {}
        self.killers: dict[Function, Counter[int]] = defaultdict(Counter)
        self.items: list[pytest.Item] = []
        self.seconds: list[float] = []
        self.reached: dict[str, list[int]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        few_examples(self.items)
        child, read = _fork(self._without_mutant)
        failed, self.seconds, self.reached = _answer(read)
        os.waitpid(child, 0)
        if failed:
            raise pytest.UsageError("these fail without any mutant: " + ", ".join(failed))
        gc.collect()
        gc.freeze()
        self._all()
        return True

    def _all(self) -> None:
        waiting, running = list(reversed(self.mutants)), {}
        while waiting or running:
            while waiting and len(running) < self.children:
                mutant = waiting.pop()
                child, read = _fork(partial(self._against, mutant))
                running[child] = mutant, read
            child, status = os.wait()
            mutant, read = running.pop(child)
            if os.WIFSIGNALED(status):
                outcome, killer = TOO_LONG, None
            else:
                outcome, killer = _answer(read)
            if killer is not None:
                self.killers[mutant.function][killer] += 1
            self.outcomes[mutant] = outcome
            self.told(mutant, outcome)

    # ── in a fork ───────────────────────────────────────────────────────────

    def _run(self, number: int, following: int | None) -> bool:
        """Whether the test passes."""
        following_item = None if following is None else self.items[following]
        return not any(report.failed for report in runtestprotocol(self.items[number], log=False, nextitem=following_item))

    def _without_mutant(self) -> tuple[list[str], list[float], dict[str, list[int]]]:
        """What fails, how long each test takes in processor seconds, and which tests reach each function."""
        codes = {id(one.live.__code__): one.name for one in {mutant.function for mutant in self.mutants}}
        failed, seconds, reached = [], [], {name: [] for name in codes.values()}
        seen: set[int] = set()
        for number, item in enumerate(self.items):
            seen.clear()
            began = time.process_time()
            sys.setprofile(lambda frame, event, _: seen.add(id(frame.f_code)) if event == "call" else None)
            passed = self._run(number, number + 1 if number + 1 < len(self.items) else None)
            sys.setprofile(None)
            seconds.append(time.process_time() - began)
            failed += [] if passed else [item.nodeid]
            for one in seen & codes.keys():
                reached[codes[one]].append(number)
        return failed, seconds, reached

    def _against(self, mutant: Mutant) -> tuple[int, int | None]:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        mutant.apply()
        killers = self.killers[mutant.function]
        tests = sorted(self.reached[mutant.function.name], key=lambda number: (-killers[number], self.seconds[number]))
        for number, following in zip_longest(tests, tests[1:]):
            signal.setitimer(signal.ITIMER_PROF, SECONDS + TIMES * self.seconds[number])  # the end of what takes for ever
            try:
                if not self._run(number, following):
                    return KILLED, number
            except BaseException:
                return KILLED, number
        return SURVIVED, None


def _fork(work: Callable[[], Any]) -> tuple[int, int]:
    """A process that does the work, and where it says its result."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (1, 2):
            os.dup2(nothing, stream)
        try:
            answer = True, work()
        except BaseException as error:
            answer = False, repr(error)
        with os.fdopen(write, "wb") as pipe:
            pipe.write(pickle.dumps(answer))
    finally:
        os._exit(0)


def _answer(read: int) -> Any:
    with os.fdopen(read, "rb") as pipe:
        done, answer = pickle.loads(pipe.read())
    if not done:
        raise RuntimeError(f"a mutant could not be made: {answer}")
    return answer
