"""Where the files of `deploy/` and `docs/` are."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
DEPLOY = REPOSITORY / "deploy"
DOCS = REPOSITORY / "docs"
