"""Runs the `quant` command many times in one process, which spares all but one the imports.

Reads a JSON list of {"arguments", "cwd", "environment"} from standard input; writes a list of
{"code", "said", "printed"}.
"""

import contextlib
import io
import json
import os
import sys
from typing import Any

from quant.cli import main


def run(arguments: list[str], cwd: str, environment: dict[str, str]) -> dict[str, Any]:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    said, printed = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
        try:
            code: Any = main(arguments)
        except SystemExit as end:  # argparse
            code = end.code
    return {"code": code, "said": said.getvalue(), "printed": printed.getvalue()}


if __name__ == "__main__":
    sys.stdout.write(
        json.dumps(
            [run(each["arguments"], each["cwd"], each["environment"]) for each in json.load(sys.stdin)]
        )
    )
