"""Validators of answers that stay as they are: whoever holds one is told so instead of being sent it again.

They are weak (`W/`): one content goes compressed and plain, and is the same whatever the market's time is meanwhile.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from fastapi import Request, Response

DIGEST_BYTES = 12
CACHE = "private, no-cache"
"""Kept by whoever asked, and asked for again each time: the right to an answer may have ended."""


def validator(*parts: object) -> str:
    """Return the validator of these columns, bytes and words."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        content = part.tobytes() if isinstance(part, np.ndarray) else part
        content = content if isinstance(content, bytes) else repr(content).encode()
        digest.update(len(content).to_bytes(8))
        digest.update(content)
    return f'W/"{digest.hexdigest()}"'


def validated(tag: str | None) -> dict[str, str]:
    """Return the headers that say by what an answer can be asked for again; none where there is no such thing."""
    return {} if tag is None else {"ETag": tag, "Cache-Control": CACHE}


def is_held(request: Request, headers: Mapping[str, str]) -> bool:
    """Tell whether the client says that it holds the answer with these headers.

    RFC 9110, If-None-Match: the comparison is weak.
    """
    tag = headers.get("ETag")
    given = [each.strip() for each in ",".join(request.headers.getlist("if-none-match")).split(",")]
    return tag is not None and ("*" in given or tag[2:] in [each.removeprefix("W/") for each in given])


def unchanged(headers: Mapping[str, str]) -> Response:
    """Return what is sent in place of an answer that is held, with the headers that it would have had."""
    return Response(status_code=304, headers={"Vary": "Accept-Encoding"} | dict(headers))


def with_validator(answers: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """Return the declaration of an endpoint's answers with the validator's own."""
    tag = {
        "ETag": {"description": "of a span that is past: for `If-None-Match`", "schema": {"type": "string"}}
    }
    whole = answers.get(200, {})
    return answers | {
        200: whole | {"headers": whole.get("headers", {}) | tag},
        304: {"description": "What `If-None-Match` names is still so", "headers": tag},
    }
