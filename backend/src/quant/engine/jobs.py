"""Work that takes minutes, followed from outside: imports and back-fills."""

import secrets
import threading
import time
from collections.abc import Iterable

from quant.engine.protocol import FileReport, FillReport, JobKind, JobState, JobView

MAX_KEPT = 100
"""Jobs that are remembered; the oldest finished ones go first."""


class JobStopped(Exception):
    """The job was asked to end; what it has done stays done."""


class Job:
    """One piece of work: written by the thread that does it, read by any."""

    def __init__(self, kind: JobKind, title: str) -> None:
        self.id = secrets.token_hex(6)
        self.kind = kind
        self.title = title
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._created = time.time_ns()
        self._state: JobState = "waiting"
        self._finished: int | None = None
        self._phase = ""
        self._numbers = {"rows": 0, "bytes_done": 0, "bytes_total": 0, "days_done": 0, "days_total": 0}
        self._files: list[FileReport] = []
        self._fills: list[FillReport] = []
        self._errors: list[str] = []

    def view(self) -> JobView:
        """Return how the job stands."""
        with self._lock:
            return JobView(
                id=self.id,
                kind=self.kind,
                title=self.title,
                state=self._state,
                phase=self._phase,
                created_at=self._created,
                finished_at=self._finished,
                files=tuple(self._files),
                fills=tuple(self._fills),
                errors=tuple(self._errors),
                **self._numbers,
            )

    def stop(self) -> None:
        """Have the job end at its next step."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    # --- for whoever does the work ---

    def begin(self, **numbers: int) -> None:
        with self._lock:
            self._state = "running"
            self._numbers |= numbers

    def note(self, phase: str, **numbers: int) -> None:
        """Take note of what is being done and how far it is; raises JobStopped when it shall end."""
        if self.is_stopping:
            raise JobStopped
        with self._lock:
            self._phase = phase
            self._numbers |= numbers

    def add_file(self, report: FileReport) -> None:
        with self._lock:
            self._files.append(report)

    def add_fill(self, report: FillReport) -> None:
        with self._lock:
            self._fills.append(report)

    def add_error(self, sentence: str) -> None:
        with self._lock:
            self._errors.append(sentence)

    def finish(self, *, stopped: bool = False) -> None:
        """Note the end: failed where an error was noted, stopped where it was asked to end."""
        with self._lock:
            self._state = "stopped" if stopped else "failed" if self._errors else "done"
            self._finished = time.time_ns()


class JobBook:
    """The jobs of one server, newest first."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def add(self, job: Job) -> None:
        self._jobs[job.id] = job
        for old in [each for each in self._jobs.values() if each.view().finished_at is not None]:
            if len(self._jobs) <= MAX_KEPT:
                break
            del self._jobs[old.id]

    def get(self, job_id: str, kind: JobKind) -> Job | None:
        job = self._jobs.get(job_id)
        return job if job is not None and job.kind == kind else None

    def all(self, kind: JobKind) -> Iterable[Job]:
        return [job for job in reversed(self._jobs.values()) if job.kind == kind]

    def stop_all(self) -> None:
        for job in self._jobs.values():
            job.stop()
