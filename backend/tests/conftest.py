"""What every test shares: how hypothesis looks for examples, and the recorded data."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parents[2]

# A busy machine is no finding, so no deadline; on CI the same examples every time, so that red means changed.
settings.register_profile(
    "desk", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="replay the soak run of this seed")
    parser.addoption("--runs", type=int, default=None, help="so many soak runs, from --seed on")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recorded market data; skip the test where it is absent."""
    folder = Path(os.environ.get("QUANT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no recorded data at {folder}; QUANT_SHARED_DATA names their folder")
    return folder
