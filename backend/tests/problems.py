"""What an error answer must be."""

from typing import Any

import httpx

from quant.api.schemas import Problem

MEDIA_TYPE = "application/problem+json"


def problem_of(answer: httpx.Response, *, status: int) -> dict[str, Any]:
    """Return a problem answer, checked to be a whole one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    body: dict[str, Any] = answer.json()
    Problem.model_validate(body)
    assert body["status"] == status
    assert body["request_id"]
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text
    return body
