"""Every notebook of examples/ runs against a server, cell by cell, as its reader would run it."""

import ast
import asyncio
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from serving import server_process

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


async def run(cells: list[Any], name: str) -> dict[str, Any]:
    """Run the code cells in one namespace, with `await` allowed as in a notebook; return the names they leave."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            source, where = "".join(cell["source"]), f"{name}, cell {number}"
            value = eval(compile(source, where, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)  # noqa: S307
            if inspect.iscoroutine(value):
                await value
    return names


def test_there_is_one() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_carries_no_output(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    assert all(not cell["outputs"] for cell in cells if cell["cell_type"] == "code")
    with server_process(tmp_path, SOURCE="sim:7") as server:
        server.client.wait_ready()
        server.client.post("/stream/start", symbols=["BTCUSDT", "ETHUSDT"])
        server.client.wait_state("BTCUSDT", "live", "quiet")
        server.client.wait_state("ETHUSDT", "live", "quiet")
        monkeypatch.setenv("QUANT_URL", server.client.origin)
        names = asyncio.run(run(cells, notebook.name))
    assert len(names["bars"]) > 1000
    assert names["pair"]["beta"] is not None
    assert len(names["series"]) > 1000
    assert names["heard"][0][0] == "snapshot"
