"""The examples of README and docs/api.md, run as they stand against a real server."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.places import DOCS, REPOSITORY
from quant.api import schemas as wire
from quant.engine import topics
from serving import Client, environment
from waiting import PATIENCE_S

PAGE = (DOCS / "api.md").read_text(encoding="utf-8")
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
CURLS = re.findall(r"^curl .*$", f"{PAGE}\n{README}", re.MULTILINE)
SCRIPTS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
JSONS = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
@pytest.mark.parametrize("line", CURLS)
def test_a_line_to_copy_works(api: Client, line: str) -> None:
    assert "localhost:8000" in line
    command = line.replace("localhost:8000", f"127.0.0.1:{api.port}")
    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert ("code" in body) == ("NOPE" in line), body


@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_a_program_to_copy_works(api: Client, number: int, tmp_path: Path) -> None:
    assert "localhost:8000" in SCRIPTS[number]
    text = SCRIPTS[number].replace("localhost:8000", f"127.0.0.1:{api.port}")
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE_S, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_error_that_is_shown_is_the_one_that_comes(api: Client) -> None:
    shown = next(json.loads(text) for text in JSONS if '"request_id"' in text)
    answer = api.http.get("/data/NOPE", params={"interval": "1m"})
    assert answer.json() | {"request_id": ""} == shown | {"request_id": ""}
    assert answer.status_code == shown["status"]


def test_every_command_that_is_shown_is_one() -> None:
    lines = next(text for text in JSONS if '"subscribe"' in text).splitlines()
    commands = [wire.Command.model_validate_json(line) for line in lines]
    assert [command.op for command in commands] == ["subscribe", "unsubscribe", "ping"]
    for command in commands:
        for topic in command.topics:
            topics.parse_topic(topic)


def test_every_topic_and_message_is_told() -> None:
    for topic in re.findall(r"[a-z]+(?=[:,]| or|$)", re.sub(r":\S+", ":", topics.GRAMMAR)):
        assert f"`{topic}" in PAGE, topic
    for message in ("hello", "ack", "snapshot", "update", "pong", "error"):
        assert f"| `{message}` |" in PAGE
