"""Whatever the description of the interface allows and forbids, asked of the real server: schemathesis, every check.

Nothing is left out: streams are stopped, sources switched, files imported, rules made and removed. The source `binance`
is the simulated exchange here, over loopback.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exchange import Exchange
from serving import ServerProcess, environment, server_process
from waiting import eventually

HERE = Path(__file__).resolve().parent
DESCRIPTION = HERE.parents[1] / "openapi.json"
TOKEN = "a-token-for-tests-0123456789"  # noqa: S105  of a server on loopback
PHASES = "examples,coverage,fuzzing,stateful"
# 503 is meant, as is a 422 for what no schema can say: `schema_checks` looks at their words.
CONFIG = """
hooks = "schema_checks"
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "422", "429", "503"]
"""


@dataclass(frozen=True)
class Run:
    """What schemathesis found."""

    cases: int
    operations: int
    output: str
    failed: bool


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    exchange = Exchange(seed=5)
    yield exchange
    exchange.stop()


@pytest.fixture
def server(exchange: Exchange, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Run a server on the simulated market; a parameter is its token."""
    token = getattr(request, "param", None)
    values = {name.upper(): value for name, value in exchange.settings.items()} | {
        "SOURCE": "sim:7",
        "RATE_LIMIT": 0,
    }
    values |= {"AUTH_TOKEN": token} if token else {}
    with server_process(tmp_path / "server", **values) as server:
        eventually(server.client.is_ready, what="the source is ready")
        yield server
        assert server.process.poll() is None, "the server is gone"


def ask_everything(
    server: ServerProcess,
    folder: Path,
    *,
    examples: int,
    phases: str = PHASES,
    seed: int = 1,
    bearer: str | None = None,
) -> Run:
    """Have schemathesis ask so many examples of each endpoint, and what its phases add to them."""
    description = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    if bearer is not None:  # where there is a token nothing goes without it
        for operations in description["paths"].values():
            for operation in operations.values():
                operation["security"] = [scheme for scheme in operation.get("security", []) if scheme]
    (folder / "openapi.json").write_text(json.dumps(description))
    (folder / "schemathesis.toml").write_text(CONFIG)
    report = folder / "report.json"
    command: list[Any] = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"]
    command += ["run", "openapi.json", "--url", server.client.origin, "--checks", "all", "--mode", "all"]
    command += ["--phases", phases, "--max-examples", str(examples), "--seed", str(seed)]
    # One worker: Python 3.11 cannot parse source in two threads at once ("AST constructor recursion depth mismatch").
    command += ["--workers", "1"]
    command += ["--continue-on-failure", "--no-color", "--warnings", "off"]
    command += ["--report", "json", "--report-json-path", report]
    command += [] if bearer is None else ["--header", f"Authorization: Bearer {bearer}"]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(PYTHONPATH=os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])),
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    told = json.loads(report.read_text())
    output = f"{told['test_cases']['generated']} cases in {told['running_time']:.0f} s, {phases}\n"
    print(output)  # noqa: T201  the figure that a soak run is for
    return Run(
        cases=told["test_cases"]["generated"],
        operations=told["operations"]["tested"],
        output=output + done.stdout[-20_000:] + done.stderr[-2000:],
        failed=done.returncode != 0 or bool(told["failures"]) or bool(told["errors"]),
    )


def check(run: Run, *, least: int) -> None:
    paths = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["paths"]
    assert not run.failed, run.output
    assert run.operations == sum(map(len, paths.values())), run.output
    assert run.cases >= least, run.output


def test_every_answer_is_a_described_one(server: ServerProcess, tmp_path: Path) -> None:
    check(ask_everything(server, tmp_path, examples=1, phases="examples,coverage"), least=1000)


@pytest.mark.parametrize("server", [TOKEN], indirect=True)
def test_every_answer_to_who_is_signed_in(server: ServerProcess, tmp_path: Path) -> None:
    check(ask_everything(server, tmp_path, examples=4, bearer=TOKEN, phases="fuzzing,stateful"), least=200)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_thousands_of_requests(server: ServerProcess, tmp_path: Path, seed: int) -> None:
    check(ask_everything(server, tmp_path, examples=100, seed=seed), least=2000)


@pytest.mark.soak
@pytest.mark.parametrize("server", [TOKEN], indirect=True)
def test_thousands_of_requests_with_a_token(server: ServerProcess, tmp_path: Path) -> None:
    check(ask_everything(server, tmp_path, examples=100, bearer=TOKEN), least=2000)


@pytest.mark.soak
@pytest.mark.parametrize("server", [TOKEN], indirect=True)
def test_thousands_of_requests_of_a_stranger(server: ServerProcess, tmp_path: Path) -> None:
    check(ask_everything(server, tmp_path, examples=100), least=2000)
