"""Who may talk to the server, and have what done: this machine's browser by default, those who sign in otherwise."""

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlencode

from fastapi import Depends, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quant.access.handover import SECRET_HEADER
from quant.access.tokens import TokenKeys, looks_signed
from quant.api.addresses import HostNames, Peers, limited_by, origin_of
from quant.api.allowances import Allowances
from quant.api.callers import COMMAND, Caller, Callers
from quant.api.permissions import OPEN, PROBE, WEBSOCKET, Need, need_of
from quant.api.problems import refusal
from quant.api.requests import request_id_of
from quant.engine.protocol import Spend
from quant.errors import NotAllowed, NotFound, NotSignedIn, QuantError, Refused, SettingsError
from quant.log import conceal
from quant.settings import Settings

COOKIE = "quant_token"
SIGN_IN = (
    "sign in on the dashboard or with the URL the server printed at its start, or send Authorization: Bearer"
)
NOBODY_KNOWN = (
    "without users and an access token this server answers its own machine alone: there, make a user "
    "(quant users add NAME --role admin) or set AUTH_TOKEN; TRUSTED_PROXIES names a proxy that asks for that machine"
)
JWT_SECRET_FILE = "jwt-secret"  # noqa: S105  a file's name
TOKEN_MADE = (
    "callers have to show what this file holds, as Authorization: Bearer or on the page to sign in on"  # noqa: S105  a sentence
)
INSECURE = "ALLOW_INSECURE=true: anyone who reaches this port may use it"
TOKEN_FILE = "token"  # noqa: S105  a file's name
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'self'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def access_token(settings: Settings) -> str | None:
    """Return the token that clients must show, None where none is needed.

    On loopback only AUTH_TOKEN asks for one. Elsewhere one is made at the first start and kept in a file that
    only its owner can read, unless ALLOW_INSECURE says otherwise. Raises SettingsError when it cannot be kept.
    """
    token = _access_token(settings)
    if token is not None:
        conceal(token)
    return token


def _access_token(settings: Settings) -> str | None:
    if settings.auth_token is not None:
        return settings.auth_token.get_secret_value()
    if settings.is_loopback or settings.allow_insecure:
        return None
    path = token_file(settings)
    try:
        kept = path.read_text(encoding="ascii").strip() if path.exists() else ""
        return kept or _make_token(path)  # an empty file would let everybody in
    except OSError as error:
        raise SettingsError(f"{path} cannot be used: {error.strerror}", setting="DATA_DIR") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not a token: {error}; remove it", setting="DATA_DIR") from error


def token_file(settings: Settings) -> Path:
    """Return where the token that the server made is kept."""
    return settings.data_dir / TOKEN_FILE


def token_keys(settings: Settings) -> TokenKeys:
    """Return the keys that sign tokens: those of JWT_SECRET, or one that is made once and kept for its owner alone.

    Raises SettingsError where it cannot be kept.
    """
    if settings.jwt_secret is not None:
        texts = [text.strip() for text in settings.jwt_secret.get_secret_value().split(",")]
    else:
        path = settings.data_dir / JWT_SECRET_FILE
        try:
            kept = path.read_text(encoding="ascii").split() if path.exists() else []
            texts = kept or [_make_token(path)]
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} cannot be used: {error}", setting="JWT_SECRET") from error
    conceal(*texts)
    return TokenKeys(texts)


def _make_token(path: Path) -> str:
    token = secrets.token_urlsafe(32)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        path.chmod(0o600)  # it may have been there before, empty
        file.write(token)
    return token


def allowed_origins(settings: Settings) -> frozenset[str]:
    """Return the foreign origins whose pages may use the API."""
    return frozenset(origin.rstrip("/") for origin in settings.cors_origins)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who was let in, and from where. `key` is what they are counted by, `paid` the weight that was counted."""

    caller: Caller | None
    address: str
    is_encrypted: bool
    can_sign_in: bool
    paid: int

    @property
    def known(self) -> Caller:
        """Return the caller; raise NotSignedIn with what to do where nobody knows who it is."""
        if self.caller is None:
            raise NotSignedIn(SIGN_IN if self.can_sign_in else NOBODY_KNOWN)
        return self.caller

    @property
    def key_of_address(self) -> str:
        return limited_by(self.address)

    @property
    def key(self) -> str:
        caller = self.caller
        if caller is None or caller.kind in ("local", "open"):
            return self.key_of_address
        return f"user {caller.name}" if caller.kind == "user" else f"the {caller.kind}"


def entry_of(connection: HTTPConnection) -> Entry:
    """Return who has sent this."""
    entry: Entry = connection.scope["state"]["entry"]
    return entry


def spend_of(request: Request) -> Spend:
    """Return what has a request's caller pay for what is computed, beyond what the route weighs."""
    entry, allowances = entry_of(request), request.app.state.allowances

    def spend(seconds: float) -> None:
        allowances.spend(entry.caller, entry.key, seconds, paid=entry.paid)

    return spend


SpendOf = Annotated[Spend, Depends(spend_of)]


class Guard:
    """Checks host, origin, caller, role and allowance before anything that answers runs."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        callers: Callers,
        allowances: Allowances,
        hosts: HostNames,
        origins: Iterable[str],
        peers: Peers,
    ) -> None:
        self._app = app
        self._callers = callers
        self._allowances = allowances
        self._hosts = hosts
        self._origins = frozenset(origins)
        self._peers = peers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check_stranger(scope, headers)
            entrance = self._enter(scope, headers)
        except QuantError as error:
            await refuse(error, scope, receive, send)
            return
        if entrance is None:
            await self._app(scope, receive, send)
        else:
            await entrance(scope, receive, send)

    def _check_stranger(self, scope: Scope, headers: Headers) -> None:
        """Raise Refused or NotFound where a caller may not even try to sign in."""
        # The router's patterns overlook a newline at the end of a path, and the table of needs does not.
        if any(character < " " or character == "\x7f" for character in scope["path"]):
            raise NotFound("no path has a control character")
        host = headers.get("host", "")
        reason = self._hosts.refusal(host)
        if reason is not None:
            raise Refused(reason)
        origin = headers.get("origin")
        own = origin_of(self._peers.scheme(scope, headers), host)
        foreign = origin is not None and origin != own and origin not in self._origins
        changes = scope["type"] == "websocket" or scope.get("method") not in ("GET", "HEAD", "OPTIONS")
        if foreign and changes:
            raise Refused(
                f"origin {origin[:60]!r} is neither this server's ({own}) nor in CORS_ORIGINS; a proxy that ends TLS "
                "before it has to be named in TRUSTED_PROXIES and to send X-Forwarded-Proto"
                if origin
                else "origin missing",
            )

    def _enter(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        """Note who has come, and return what answers instead of the application: the log-in by address.

        Raises NotSignedIn, NotAllowed, TooManyRequests.
        """
        address = self._peers.address(scope, headers)
        is_encrypted = self._peers.scheme(scope, headers) == "https"
        method = WEBSOCKET if scope["type"] == "websocket" else scope["method"]
        need = OPEN if method == "OPTIONS" else need_of(method, scope["path"])
        query = _query(scope)
        # Who looks whether the server lives is answered, whatever it shows: it is not even looked at.
        caller = None if need == PROBE else self._caller(scope, headers, query, address)
        entry = Entry(caller, address, is_encrypted, can_sign_in=self._callers.must_sign_in, paid=need.cost)
        scope.setdefault("state", {})["entry"] = entry
        if method == "GET" and scope["path"] == "/" and "token" in query and self._callers.must_sign_in:
            return self._log_in(entry, query)
        self._allowances.take(caller, entry.key, need.cost)
        _check_role(entry, need)
        return None

    def _caller(
        self, scope: Scope, headers: Headers, query: dict[str, list[str]], address: str
    ) -> Caller | None:
        callers = self._callers
        if callers.is_command(headers.get(SECRET_HEADER, "")):
            return COMMAND
        anybody = callers.anybody(is_local=self._peers.is_local(scope, headers))
        if anybody is not None:
            return anybody
        if scope["type"] == "websocket" and "ticket" in query:
            return callers.take_ticket(query["ticket"][0])
        shown = _shown(headers)
        if not shown:
            return None
        if looks_signed(shown):
            return callers.shows(shown)
        key = limited_by(address)
        self._allowances.guesses.check(key)
        caller = callers.shows(shown)
        if caller is None:
            self._allowances.guesses.take(key)
        return caller

    def _log_in(self, entry: Entry, query: dict[str, list[str]]) -> ASGIApp:
        self._allowances.attempts.take(entry.key_of_address)
        token = query.pop("token")[0]
        if not self._callers.is_access_token(token):
            raise NotSignedIn(SIGN_IN)
        rest = urlencode(query, doseq=True)
        answer = RedirectResponse(f"/?{rest}" if rest else "/", 303)
        answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=entry.is_encrypted)
        return answer


def _check_role(entry: Entry, need: Need) -> None:
    if need.role is None:
        return
    caller = entry.known
    if not caller.role.may(need.role):
        raise NotAllowed(
            f"this needs the role {need.role.value}, and you have the role {caller.role.value}",
            role=caller.role.value,
            needed=need.role.value,
        )


def _query(scope: Scope) -> dict[str, list[str]]:
    text = scope.get("query_string", b"")
    if b"token" not in text and b"ticket" not in text:
        return {}  # nothing of interest here, and most queries are long
    try:
        return parse_qs(text.decode("latin-1"), max_num_fields=100)
    except ValueError:
        return {}


def _shown(headers: Headers) -> str:
    """Return the token a request shows, empty without one."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    cookies = headers.get("cookie", "")
    if COOKIE not in cookies:
        return ""
    try:
        morsel = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


class SafeHeaders:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)


async def refuse(error: QuantError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the problem that an error is, a WebSocket's handshake too where the server around us can."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": error.message[:120]})
        return
    await refusal(error, request_id_of(scope))(scope, receive, send)
