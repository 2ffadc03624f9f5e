"""Work for a server that owns the data directory: asked for over HTTP, followed as if it were done here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from quant.access.handover import SECRET_HEADER
from quant.clock import NS_PER_MS
from quant.engine.protocol import FileReport, FillReport, JobKind, JobView
from quant.errors import DataDirectoryInUse, QuantError, Unavailable
from quant.settings import Settings
from quant.storage.directory import DataDirectory, owner
from quant.storage.metadata import Metadata
from quant.storage.server_file import ServerAddress, read_address

TIMEOUT_S = 30.0
DOWNLOAD_TIMEOUT_S = 600.0  # a Parquet file is put together before its first byte is sent


class RunningServer:
    """The server that owns a data directory."""

    def __init__(self, address: ServerAddress) -> None:
        self._address = address
        headers = {SECRET_HEADER: address.secret}
        if address.token:
            headers["Authorization"] = f"Bearer {address.token}"
        # A proxy of the environment must not get to see this machine's own talk.
        self._http = httpx.Client(base_url=address.url, headers=headers, timeout=TIMEOUT_S, trust_env=False)

    def ask(self, kind: JobKind, body: dict[str, Any]) -> JobView:
        """Hand over a job; raises the server's own sentence where it refuses."""
        return self._job(kind, self._http.post, f"/{kind}", json=body)

    def look(self, job: JobView) -> JobView:
        """Return how the job stands now."""
        return self._job(job.kind, self._http.get, f"/{job.kind}/{job.id}")

    # Any: JSON, and httpx's options are of many types.
    def request(self, method: str, path: str, **options: Any) -> Any:
        """Return what the server answers; raises its own sentence where it refuses."""
        return self._answer(self._http.request, method, path, **options)

    def download(self, path: str, params: Mapping[str, str], file: BinaryIO) -> None:
        """Write what the server sends into the file; raises its own sentence where it refuses."""
        try:
            with self._http.stream("GET", path, params=params, timeout=DOWNLOAD_TIMEOUT_S) as answer:
                if not answer.is_success:
                    answer.read()
                    raise QuantError(
                        str(answer.json().get("detail", f"the server answered {answer.status_code}"))
                    )
                for chunk in answer.iter_bytes():
                    file.write(chunk)
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(
                f"the server at {self._address.url} did not send the whole file: {error}"
            ) from error

    # Any: httpx's get and post take different options.
    def _job(self, kind: JobKind, call: Any, path: str, **options: Any) -> JobView:
        return _job_view(kind, self._answer(call, path, **options))

    def _answer(self, call: Any, *where: str, **options: Any) -> Any:
        try:
            answer = call(*where, **options)
            body = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(
                f"the server at {self._address.url}, process {self._address.pid}, does not answer: {error}"
            ) from error
        if not answer.is_success:
            raise QuantError(str(body.get("detail", f"the server answered {answer.status_code}")))
        return body


def running_server(data_dir: Path) -> RunningServer | None:
    """Return the server that owns the data directory, None where it has not said how to reach it."""
    address = read_address(data_dir)
    if address is None or str(address.pid) != owner(data_dir):  # left behind by one that died
        return None
    return RunningServer(address)


@contextmanager
def server_or_metadata(settings: Settings) -> Iterator[RunningServer | Metadata]:
    """Yield the server that owns the data directory; where none does, own it meanwhile and yield its metadata, open."""
    directory = DataDirectory(settings.data_dir)
    try:
        directory.claim()
    except DataDirectoryInUse:
        server = running_server(settings.data_dir)
        if server is None:
            raise
        yield server
        return
    metadata = Metadata(settings.database_url)
    try:
        metadata.open()
        yield metadata
    finally:
        metadata.close()
        directory.release()


def _job_view(kind: JobKind, body: dict[str, Any]) -> JobView:
    values = {name: body[name] for name in JobView.__dataclass_fields__ if name in body}
    finished = values["finished_at"]
    return JobView(
        **values
        | {
            "kind": kind,
            "created_at": values["created_at"] * NS_PER_MS,
            "finished_at": None if finished is None else finished * NS_PER_MS,
            "files": tuple(_file(each) for each in body["files"]),
            "fills": tuple(_fill(each) for each in body["fills"]),
            "errors": tuple(body["errors"]),
        }
    )


def _file(body: dict[str, Any]) -> FileReport:
    unit = 1 if body["interval"] is None else NS_PER_MS
    ends = {name: None if body[name] is None else body[name] * unit for name in ("first", "last")}
    holes = tuple((first * unit, last * unit) for first, last in body["holes"])
    return FileReport(**body | ends | {"holes": holes})


def _fill(body: dict[str, Any]) -> FillReport:
    return FillReport(**body | {"left": tuple((first, last) for first, last in body["left"])})
