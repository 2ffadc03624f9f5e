"""A server whose kernels are not compiled yet answers at once, and says how far it is."""

import re
from pathlib import Path

from quant.kernel import compiled
from serving import is_running, server_process
from waiting import eventually


def test_a_cold_cache_is_compiled_beside_a_server_that_answers(tmp_path: Path) -> None:
    cold = {"NUMBA_CACHE_DIR": tmp_path / "kernels"}
    with server_process(tmp_path, "--source", "sim:7", is_forked=False, **cold) as server:
        api = server.client

        def look() -> re.Match[str] | None:
            answer = api.http.get("/readyz")
            assert answer.status_code == 503
            assert answer.json()["status"] == "starting"
            return re.fullmatch(r"compiling ([1-9]\d*) of (\d+)", answer.json()["reason"])

        said = eventually(look, what="it counts the kernels")
        assert said is not None
        assert int(said[1]) <= int(said[2])
        assert int(said[2]) >= compiled()[1] > 0
        status = api.status()
        assert status["source_state"] == "starting"
        assert status["reason"].startswith("compiling ")
        assert api.get("/symbols")["items"] == []
        assert api.http.get("/analytics/pair?symbol_a=A&symbol_b=B").status_code == 503
        (child,) = server.children()
        assert server.end() == 0
        eventually(lambda: not is_running(child), what="the compilation has ended with the server")
    assert any((tmp_path / "kernels").rglob("*.nbi"))
