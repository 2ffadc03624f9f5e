"""Files into the history of a folder, as its owner does it."""

from pathlib import Path

from quant.domain import Interval
from quant.engine.importer import Importer
from quant.engine.jobs import Job
from quant.engine.protocol import ImportOptions
from quant.storage.history import History
from quant.storage.store import HISTORY_NAME, Store

INTERVALS = ("1s", "1m", "5m")


def import_here(folder: Path, paths: list[Path], **options: object) -> Job:
    """Import as the owner of the folder."""
    importer = Importer(
        folder,
        intervals=[Interval.parse(name) for name in INTERVALS],
        store=Store(folder),
        history=History(folder / HISTORY_NAME),
    )
    job = Job("import", "test")
    importer.run(job, paths, ImportOptions(**options))  # type: ignore[arg-type]
    assert job.view().errors == ()
    return job
