"""Steps run when their inputs changed, and only then."""

import os
from pathlib import Path

import pytest

from tooling import steps
from tooling.errors import SetupError
from tooling.layout import Layout


class Work:
    """Counts how often a step runs, and leaves its product."""

    def __init__(self, product: Path) -> None:
        self.product = product
        self.runs = 0

    def __call__(self) -> None:
        self.runs += 1
        self.product.touch()


def test_a_step_runs_again_only_for_a_reason(layout: Layout) -> None:
    work = Work(layout.root / "product")

    def step(state: str) -> bool:
        return steps.ensure(layout, "some step", state=state, product=work.product, action=work)

    assert [step("a"), step("a")] == [True, False]
    assert [step("b"), step("b")] == [True, False]
    work.product.unlink()
    assert [step("b"), step("b")] == [True, False]
    assert work.runs == 3


def test_an_interrupted_step_runs_again(layout: Layout) -> None:
    work = Work(layout.root / "product")
    steps.ensure(layout, "step", state="a", product=work.product, action=work)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        steps.ensure(layout, "step", state="b", product=work.product, action=interrupted)
    assert steps.ensure(layout, "step", state="a", product=work.product, action=work)


def test_a_step_that_leaves_nothing_is_an_error(layout: Layout) -> None:
    product = layout.root / "product"
    with pytest.raises(SetupError, match="product"):
        steps.ensure(layout, "step", state="a", product=product, action=lambda: None)


def test_the_digest_is_of_contents_names_and_facts_and_not_of_times_or_places(tmp_path: Path) -> None:
    def of(folder: str, name: str, text: str, *facts: str) -> str:
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return steps.digest(path.parent, [path], *facts)

    same = of("one", "a.py", "x", "3.11")
    assert of("two", "a.py", "x", "3.11") == same
    os.utime(tmp_path / "one" / "a.py", (0, 0))
    assert steps.digest(tmp_path / "one", [tmp_path / "one" / "a.py"], "3.11") == same
    others = [of("one", "b.py", "x", "3.11"), of("one", "a.py", "y", "3.11"), of("one", "a.py", "x", "3.12")]
    assert len({same, *others}) == 4
    assert steps.digest(tmp_path, [], "ab", "c") != steps.digest(tmp_path, [], "a", "bc")


def test_the_page_depends_on_its_sources_alone(layout: Layout) -> None:
    wanted = {"index.html", "src/app.tsx", ".env", "build/plugin.ts"}
    for name in [*wanted, "node_modules/a/index.js", "dist/index.html", "e2e/test_page.py", "README.md"]:
        path = layout.frontend / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = {path.relative_to(layout.frontend).as_posix() for path in steps.page_sources(layout)}
    assert found == wanted


def test_kernels_are_the_modules_that_name_the_decorator(layout: Layout) -> None:
    package = layout.backend / "src" / "quant"
    (package / "kernel").mkdir()
    (package / "kernel" / "__init__.py").write_text("import numba")
    (package / "kernel" / "lanes.py").write_text("import numba")
    (package / "fast.py").write_text("from quant.kernel import jit")
    (package / "slow.py").write_text("import json")
    assert {path.name for path in steps.kernel_sources(layout)} == {"__init__.py", "lanes.py", "fast.py"}
