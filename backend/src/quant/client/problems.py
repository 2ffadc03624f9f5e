"""A server's problem answers as the errors of `quant.errors`."""

from collections.abc import Iterator

import httpx

from quant import errors
from quant.errors import QuantError

FIXED = frozenset({"type", "title", "status", "code", "detail", "request_id"})


def checked(answer: httpx.Response) -> httpx.Response:
    """Return an answer that is one; raise the error that the server names, with its sentence and its values."""
    if answer.is_success:
        return answer
    try:
        body = answer.json()
        detail, code = str(body["detail"]), str(body["code"])
    except (ValueError, KeyError, TypeError):
        raise QuantError(f"the server answered {answer.status_code}", status=answer.status_code) from None
    values = {name: value for name, value in body.items() if name not in FIXED}
    raise named(code)(detail, status=answer.status_code, request_id=body.get("request_id"), **values)


def named(code: str) -> "type[_Told]":
    """Return an error class that is also the one of `quant.errors` with this code."""
    kind = next((kind for kind in _all(QuantError) if kind.code == code), QuantError)
    return type(kind.__name__, (_Told, kind), {"code": code})


class _Told(QuantError):
    """An error whose sentence has been made elsewhere: the narrow classes make theirs from other arguments."""

    def __init__(self, message: str, **values: object) -> None:
        Exception.__init__(self, message)
        self.message = message
        self.values = values


def _all(kind: type[QuantError]) -> Iterator[type[QuantError]]:
    for narrower in kind.__subclasses__():
        if narrower.__module__ == errors.__name__:
            yield narrower
            yield from _all(narrower)
