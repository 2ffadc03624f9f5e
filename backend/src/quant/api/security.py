"""Who may talk to the server: this machine's browser by default, token holders when it is open to others."""

import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quant.api.requests import request_id_of
from quant.errors import SettingsError
from quant.log import conceal
from quant.settings import Settings

COOKIE = "quant_token"
OPEN_PATHS = ("/livez", "/readyz")
SIGN_IN = "sign in with the URL the server printed at its start, or send Authorization: Bearer"
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


def _make_token(path: Path) -> str:
    token = secrets.token_urlsafe(32)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)  # it may have been there before, empty
    path.write_text(token, encoding="ascii")
    return token


def allowed_origins(settings: Settings) -> frozenset[str]:
    """Return the foreign origins whose pages may use the API."""
    return frozenset(origin.rstrip("/") for origin in settings.cors_origins)


class Guard:
    """Checks host, origin and token before anything else runs; adds the security headers to what comes out."""

    def __init__(
        self, app: ASGIApp, *, token: str | None, origins: Iterable[str], loopback_only: bool
    ) -> None:
        self._app = app
        self._token = token
        self._origins = frozenset(origins)
        self._loopback_only = loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._stranger(scope, headers)
        if refusal is None and not self._is_signed_in(scope, headers):
            if self._is_login(scope):
                await self._log_in(scope, receive, _with_headers(send))
                return
            refusal = 401, SIGN_IN
        if refusal is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
        else:
            status, detail = refusal
            await _refuse(status, detail, scope, receive, _with_headers(send))

    def _stranger(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """Return why this caller may not even try to sign in, None when it may."""
        host = headers.get("host", "")
        if self._loopback_only and not _is_loopback(host):
            return 403, f"host {host[:60]!r} is not this machine: open http://127.0.0.1 instead"
        origin = headers.get("origin")
        foreign = origin is not None and _place(origin) != host and origin not in self._origins
        changes = scope["type"] == "websocket" or scope.get("method") not in ("GET", "HEAD", "OPTIONS")
        if foreign and changes:
            return 403, f"origin {origin[:60]!r} is not in CORS_ORIGINS" if origin else "origin missing"
        return None

    def _is_signed_in(self, scope: Scope, headers: Headers) -> bool:
        if self._token is None or scope["path"] in OPEN_PATHS or scope.get("method") == "OPTIONS":
            return True
        return hmac.compare_digest(_shown(headers).encode(), self._token.encode())

    def _is_login(self, scope: Scope) -> bool:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        given = query.get("token", [""])[0]
        return (
            self._token is not None
            and scope.get("method") == "GET"
            and scope["path"] == "/"
            and hmac.compare_digest(given.encode(), self._token.encode())
        )

    async def _log_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        query.pop("token")
        rest = urlencode(query, doseq=True)
        answer = RedirectResponse(f"/?{rest}" if rest else "/", 303)
        answer.set_cookie(COOKIE, self._token or "", httponly=True, samesite="strict")
        await answer(scope, receive, send)


def _shown(headers: Headers) -> str:
    """Return the token a request shows, empty without one."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    return morsel.value if morsel else ""


def _is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine; 127.evil.example and torn names do not."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _place(origin: str) -> str | None:
    """Return an origin's host and port, None where it has none."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


async def _refuse(status: int, detail: str, scope: Scope, receive: Receive, send: Send) -> None:
    title = "Not signed in" if status == 401 else "Refused"
    code = title.lower().replace(" ", "_")
    body = {
        "type": f"/docs#problem-{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id_of(scope),
    }
    await JSONResponse(body, status, media_type="application/problem+json")(scope, receive, send)
