"""Every error the platform raises on purpose.

QuantError
├── InvalidInput                 the caller asked for something that cannot be
│   ├── InvalidParameter         one named value is not acceptable
│   ├── InvalidRule              a node of an alert rule is not acceptable (`pointer`)
│   ├── UnknownSymbol            the market does not list this symbol
│   └── TooLarge                 more than is taken in one go
├── NotSignedIn                  nobody knows who asks
├── NotAllowed                   whoever asks may not have this done
│   └── Refused                  from there nobody may, whoever it is
├── TooManyRequests              whoever asks has asked too much of late (`retry_after_s`)
├── AlreadyThere                 a thing of this name exists
├── NotEnoughData                the question is fine, the history is too short (`have`, `need`)
├── NotFound                     a thing that does not exist in this market
├── SettingsError                a setting that stops the start, by name
├── Unavailable                  works in principle, not now; says why
│   ├── DataDirectoryInUse       another engine owns the data directory
│   ├── NoRoom                   the disk has too little space left
│   └── ExchangeUnreachable      network trouble; retried by whoever asked
├── ExchangeRejected             the exchange answered, and said no
├── DecodeError                  one frame or line that does not follow the protocol
├── RecordingError               a recording that cannot be read at all
├── ArchiveError                 a file to import that is not what it should be; names file and line
└── StorageError                 what is stored cannot be read or written
    └── DamagedData              a stored chunk or file that fails its checksum, by name
"""

from collections.abc import Mapping

SHOWN = 60
"""So many characters of what somebody sent are told back."""


class QuantError(Exception):
    """The root: a sentence for people, a stable `code` and the `values` that explain it."""

    code = "error"

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values: Mapping[str, object] = values


class InvalidInput(QuantError):
    code = "invalid_input"


class InvalidParameter(InvalidInput):
    """One named value is not acceptable."""

    code = "invalid_parameter"

    def __init__(self, parameter: str, reason: str, **values: object) -> None:
        super().__init__(f"{parameter}: {reason}", parameter=parameter, **values)


class InvalidRule(InvalidInput):
    """A node of an alert rule is not acceptable; `pointer` is the JSON pointer to it, empty for the whole."""

    code = "invalid_rule"

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or 'the rule'}: {reason}", pointer=pointer, parameter=pointer)
        self.pointer = pointer


class UnknownSymbol(InvalidInput):
    code = "unknown_symbol"

    def __init__(self, symbol: str, market: str) -> None:
        shown = symbol[:SHOWN]
        super().__init__(f"{shown!r} is not a symbol of {market}", symbol=shown, market=market)


class TooLarge(InvalidInput):
    code = "too_large"


class NotSignedIn(QuantError):
    code = "not_signed_in"


class NotAllowed(QuantError):
    code = "not_allowed"


class Refused(NotAllowed):
    code = "refused"


class TooManyRequests(QuantError):
    """Whoever asks has asked too much of late; `retry_after_s` whole seconds later it may ask again."""

    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_s: int, **values: object) -> None:
        super().__init__(message, retry_after_s=retry_after_s, **values)
        self.retry_after_s = retry_after_s


class AlreadyThere(QuantError):
    code = "already_there"


class NotEnoughData(QuantError):
    code = "not_enough_data"

    def __init__(self, what: str, *, have: int, need: int) -> None:
        super().__init__(f"{what}: have {have}, need {need}", have=have, need=need)


class NotFound(QuantError):
    code = "not_found"


class SettingsError(QuantError):
    """A setting that stops the start; the message names it."""

    code = "invalid_setting"


class Unavailable(QuantError):
    code = "unavailable"


class DataDirectoryInUse(Unavailable):
    code = "data_directory_in_use"


class NoRoom(Unavailable):
    code = "no_room"


class ExchangeUnreachable(Unavailable):
    code = "exchange_unreachable"


class ExchangeRejected(QuantError):
    """The exchange answered and refused; `retry_after_s` when it said how long to wait."""

    code = "exchange_rejected"

    def __init__(self, message: str, *, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(message, status=status, retry_after_s=retry_after_s)
        self.status = status
        self.retry_after_s = retry_after_s


class DecodeError(QuantError):
    """One frame or line that does not follow the protocol; it is quarantined, the stream goes on."""

    code = "decode_error"


class RecordingError(QuantError):
    code = "recording_error"


class ArchiveError(QuantError):
    """A file to import that is not what it should be; `line` counts from 1, the header included."""

    code = "archive_error"

    def __init__(self, file: str, reason: str, *, line: int | None = None) -> None:
        at = f"{file}, line {line}" if line is not None else file
        super().__init__(f"{at}: {reason}", file=file, line=line)


class StorageError(QuantError):
    """What is stored cannot be read or written; the message names the file."""

    code = "storage_error"


class DamagedData(StorageError):
    """A stored chunk or file that fails its checksum; the message names it."""

    code = "damaged_data"
