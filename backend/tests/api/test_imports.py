"""/import and /backfill over HTTP: what is sent is stored and served, what cannot be is refused by name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archives import MARCH_MS, day_of_trades, write_agg_trades
from problems import problem_of
from quant.engine import job_desk
from recorded import Trade
from serving import InProcess, free_port, serving
from waiting import eventually

NAME = "BTCUSDT-aggTrades-2025-03-01.zip"
BINARY = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def trades() -> list[Trade]:
    return day_of_trades(seed=3, day_ms=MARCH_MS, every_ms=20_000, first_id=10)


@pytest.fixture(scope="module")
def archive(trades: list[Trade], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_agg_trades(tmp_path_factory.mktemp("made") / NAME, trades).read_bytes()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[InProcess]:
    away = f"http://127.0.0.1:{free_port()}"
    with serving(tmp_path, source="binance", binance_rest_url=away) as server:
        yield server


def ended(server: InProcess, job: dict[str, Any]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        now: dict[str, Any] = server.client.get(f"/{job['kind']}/{job['id']}")
        return now if now["finished_at"] is not None else None

    return eventually(look, what="the job has ended")  # type: ignore[return-value]  never None


def send(server: InProcess, body: bytes, **query: str) -> Any:
    return server.client.http.post("/import", params=query, content=body, headers=BINARY)


def test_what_is_sent_is_stored_and_served(
    server: InProcess, tmp_path: Path, archive: bytes, trades: list[Trade]
) -> None:
    answer = send(server, archive, name=NAME)
    assert answer.status_code == 200, answer.text
    job = ended(server, answer.json())
    assert (job["state"], job["errors"], job["days_done"]) == ("done", [], 1)
    (file,) = job["files"]
    assert (file["rows"], file["first"], file["last"]) == (len(trades), trades[0].id, trades[-1].id)
    assert (file["symbol"], file["market"], file["hole_count"]) == ("BTCUSDT", "binance-um", 0)
    page = server.client.get("/data/BTCUSDT/ticks", start=MARCH_MS, end=MARCH_MS + 600_000, limit=1000)
    assert [row["id"] for row in page["items"]] == [
        trade.id for trade in trades if trade.time_ms < MARCH_MS + 600_000
    ]
    assert len(server.client.get("/data/BTCUSDT", interval="5m", start=MARCH_MS, limit=400)["items"]) == 288
    assert job["id"] in [each["id"] for each in server.client.get("/import")["items"]]
    assert list((tmp_path / "uploads").iterdir()) == []


def test_the_same_file_again_is_there_already(server: InProcess, archive: bytes, trades: list[Trade]) -> None:
    for _ in range(2):
        job = ended(server, send(server, archive, name=NAME).json())
    assert job["files"][0]["resumed_from"] == len(trades)


def test_a_spoiled_file_is_named_and_its_job_failed(server: InProcess, archive: bytes) -> None:
    job = ended(server, send(server, archive[:-500], name=NAME).json())
    assert job["state"] == "failed"
    (error,) = job["errors"]
    assert NAME in error
    assert "torn" in error


@pytest.mark.parametrize(
    ("query", "status", "named"),
    [
        ({}, 422, "name"),
        ({"name": "../../etc/passwd"}, 422, "../../etc/passwd"),
        ({"name": ".hidden"}, 422, ".hidden"),
        ({"name": NAME, "market": "sim-7"}, 422, "sim-7"),
        ({"name": NAME, "market": "../x"}, 422, "../x"),
        ({"name": NAME, "again": "perhaps"}, 422, "again"),
    ],
)
def test_bad_orders_leave_nothing_behind(
    server: InProcess, tmp_path: Path, query: dict[str, str], status: int, named: str
) -> None:
    body = problem_of(send(server, b"1,2,3\n", **query), status=status)
    assert named in body["detail"]
    assert not list(tmp_path.glob("uploads/*"))


def test_an_empty_body_is_refused(server: InProcess, tmp_path: Path) -> None:
    assert "empty" in problem_of(send(server, b"", name=NAME), status=422)["detail"]
    assert not list(tmp_path.glob("uploads/*"))


def test_too_much_is_cut_off(server: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = server.engine._jobs  # type: ignore[attr-defined]
    monkeypatch.setattr(desk, "_max_upload_bytes", 1000)
    body = problem_of(send(server, b"x" * 5000, name=NAME), status=413)
    assert body["limit"] == 1000
    assert not list(tmp_path.glob("uploads/*"))


def test_a_full_disk_is_left_alone(
    server: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_desk, "SPARE_BYTES", 1 << 60)
    assert "MB left" in problem_of(send(server, b"x" * 5000, name=NAME), status=507)["detail"]
    assert not list(tmp_path.glob("uploads/*"))


@pytest.mark.parametrize("secret", [None, "", "guessed"])
def test_files_of_the_machine_need_the_secret(server: InProcess, secret: str | None) -> None:
    headers = {} if secret is None else {"X-Quant-Handover": secret}
    answer = server.client.http.post("/import", json={"paths": ["/etc/passwd"]}, headers=headers)
    assert "quant import" in problem_of(answer, status=403)["detail"]


def test_other_pages_may_not_send_files(server: InProcess, archive: bytes) -> None:
    headers = BINARY | {"Origin": "http://evil.example"}
    answer = server.client.http.post("/import", params={"name": NAME}, content=archive, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("kind", ["import", "backfill"])
def test_jobs_that_do_not_exist(server: InProcess, kind: str) -> None:
    assert "nothing" in problem_of(server.client.http.get(f"/{kind}/nothing"), status=404)["detail"]
