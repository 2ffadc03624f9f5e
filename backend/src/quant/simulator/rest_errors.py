"""The exchange's REST refusals: `{"code": -1121, "msg": "Invalid symbol."}` with status 400."""

from collections.abc import Mapping

from quant.errors import QuantError

Query = Mapping[str, str]


class RestError(QuantError):
    """A refused request, in the exchange's own code and words."""

    code = "simulated_exchange_refusal"

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message, number=number)
        self.number = number


def mandatory(name: str) -> RestError:
    return RestError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def invalid_data(name: str) -> RestError:
    return RestError(-1130, f"Data sent for parameter '{name}' is not valid.")


def optional_integer(query: Query, name: str) -> int | None:
    """Return a whole number >= 0, None where the parameter is absent; raise RestError."""
    text = query.get(name)
    if text is None:
        return None
    # isdigit alone takes superscripts; 18 digits keep every time and id inside int64.
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise RestError(
            -1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,18}}$'."
        )
    return int(text)


def limit_of(query: Query, *, default: int, most: int) -> int:
    """Return the row limit, capped as the exchange does; raise RestError."""
    limit = optional_integer(query, "limit")
    if limit is None:
        return default
    if limit == 0:
        raise invalid_data("limit")
    return min(limit, most)
