"""/auth: sign in and out, tickets for WebSockets, users, and what is revoked."""

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

import structlog
from fastapi import APIRouter, Depends, Path, Request, Response

from quant.access.passwords import hash_password, is_password, user_name
from quant.access.rates import Rates
from quant.access.roles import Role
from quant.api import auth_schemas as wire
from quant.api.callers import TICKET_S, Caller, Callers
from quant.api.parameters import SettingsOf
from quant.api.problems import responses
from quant.api.security import COOKIE, Entry, entry_of
from quant.engine.protocol import UserView
from quant.errors import InvalidParameter, NotAllowed, NotFound, NotSignedIn, TooManyRequests
from quant.settings import MAX_TOKEN_MINUTES, Settings

log = structlog.get_logger()
router = APIRouter(prefix="/auth", tags=["auth"])
T = TypeVar("T")

MS_PER_S = 1000
S_PER_MINUTE = 60
HASHES_AT_ONCE = 2
"""A hash keeps a core busy for some 30 ms, on purpose."""

MOST_WAITING = 16
FAILURES_S = 300

UserName = Annotated[str, Path(max_length=40, examples=["ana"])]


class Door:
    """Checks passwords: few at once, and few attempts of an address or on a user."""

    def __init__(self, settings: Settings, attempts: Rates) -> None:
        self._few = asyncio.Semaphore(HASHES_AT_ONCE)
        self._waiting = 0
        self._attempts = attempts
        self._failures = Rates("failures to sign in as this user", settings.login_limit, seconds=FAILURES_S)

    def knock(self, address: str) -> None:
        """Count an attempt of this address; raises TooManyRequests."""
        self._attempts.take(address)

    async def user(self, callers: Callers, name: str, password: str) -> UserView:
        """Return the user whose password this is; raises NotSignedIn, TooManyRequests."""
        try:
            kept = user_name(name)
        except InvalidParameter:
            kept = ""
        self._failures.check(kept)
        user = callers.user(kept)
        is_right = await self._run(
            lambda: is_password(password, None if user is None else user.password_hash)
        )
        if user is None or not is_right:
            self._failures.take(kept)
            raise NotSignedIn("name or password is wrong")
        return user

    async def hashed(self, password: str) -> str:
        """Return the password's hash; raises InvalidParameter."""
        return await self._run(lambda: hash_password(password))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise TooManyRequests(
                f"{MOST_WAITING} passwords are being checked already", retry_after_s=1, limit=MOST_WAITING
            )
        self._waiting += 1
        try:
            async with self._few:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def _callers(request: Request) -> Callers:
    callers: Callers = request.app.state.callers
    return callers


def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


CallersOf = Annotated[Callers, Depends(_callers)]
DoorOf = Annotated[Door, Depends(_door)]
EntryOf = Annotated[Entry, Depends(entry_of)]


@router.get("/session")
async def session(callers: CallersOf, entry: EntryOf) -> wire.SessionState:
    """Who asks, as far as the server knows; answered to everybody."""
    caller = entry.caller
    return wire.SessionState(
        required=callers.must_sign_in or caller is None,
        kind=None if caller is None else caller.kind,
        user=None if caller is None else caller.name,
        role=None if caller is None else caller.role,
        expires_at=_ends(caller),
        insecure=callers.is_open_to_all,
    )


@router.post("/token", responses=responses(401, 422, 503))
async def token(
    response: Response,
    *,
    callers: CallersOf,
    door: DoorOf,
    entry: EntryOf,
    settings: SettingsOf,
    body: wire.SignIn,
) -> wire.AccessToken:
    """Sign in, with a user's name and password or with the server's access token."""
    door.knock(entry.key_of_address)
    if not entry.can_sign_in:
        _ = entry.known  # where there is nobody to sign in as, a wrong name or password is not what to mend
    if body.token is not None:
        text, seconds = body.token.get_secret_value(), None
        caller = callers.shows(text)
        if caller is None or caller.kind != "token":
            raise NotSignedIn("the access token is wrong")
        answer = _answer(text, caller)
    else:
        if body.username is None or body.password is None:
            raise InvalidParameter("username", "give a username and a password, or a token")
        user = await door.user(callers, body.username, body.password.get_secret_value())
        seconds = settings.token_minutes * S_PER_MINUTE
        text, claims = callers.sign_in(user, lifetime_s=seconds)
        log.info("auth.signed_in", user=user.name, client=entry.address)
        answer = _answer(text, Caller(user.name, Role(user.role), "user", claims))
    if body.cookie:
        response.set_cookie(
            COOKIE, text, max_age=seconds, httponly=True, samesite="strict", secure=entry.is_encrypted
        )
    response.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/ticket", responses=responses(401, 503))
async def ticket(response: Response, callers: CallersOf, entry: EntryOf) -> wire.SocketTicket:
    """Get a ticket that opens one WebSocket, for programs that can show nothing else there: `/ws?ticket=`."""
    response.headers["Cache-Control"] = "no-store"
    return wire.SocketTicket(ticket=callers.give_ticket(entry.known), expires_in_s=TICKET_S)


@router.post("/logout", status_code=204, responses=responses(401, 503))
async def logout(callers: CallersOf, entry: EntryOf) -> Response:
    """Sign out: the token that is shown is taken no more, its WebSockets are closed and the cookie is gone."""
    claims = entry.known.claims
    if claims is not None:
        await callers.revoke(claims.token_id, expires_at=claims.expires_at)
        log.info("auth.signed_out", user=claims.user, client=entry.address)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=entry.is_encrypted)
    return answer


@router.post("/revoke", status_code=204, responses=responses(401, 403, 422, 503))
async def revoke(callers: CallersOf, body: wire.Revocation) -> Response:
    """Have a token taken no more, by its id (`jti`); its WebSockets are closed."""
    # Its own end is not known here, and TOKEN_MINUTES may have been another when it was signed.
    await callers.revoke(body.jti, expires_at=callers.now_s() + MAX_TOKEN_MINUTES * S_PER_MINUTE)
    log.info("auth.revoked", jti=body.jti)
    return Response(status_code=204)


@router.get("/users", responses=responses(401, 403, 503))
async def users(callers: CallersOf) -> wire.UserList:
    """All users by name."""
    return wire.UserList(items=[_user(each) for each in callers.users()], next=None)


@router.post("/users", status_code=201, responses=responses(401, 403, 409, 413, 422, 503))
async def add_user(callers: CallersOf, door: DoorOf, body: wire.NewUser) -> wire.User:
    """Add a user. From the first one on, everybody has to sign in."""
    name = user_name(body.name)
    kept = await door.hashed(body.password.get_secret_value())
    await callers.add_user(name, role=body.role, password_hash=kept)
    log.info("auth.user_added", user=name, role=body.role.value)
    return _found(callers, name)


@router.patch("/users/{name}", responses=responses(401, 403, 404, 422, 503))
async def change_user(
    callers: CallersOf, door: DoorOf, entry: EntryOf, name: UserName, body: wire.UserChange
) -> wire.User:
    """Give a user another role or password; the user's sign-ins end."""
    if body.role is None and body.password is None:
        raise InvalidParameter("role", "give a role or a password")
    _found(callers, name)
    if body.role not in (None, Role.ADMIN):
        _check_not_last(callers, entry, name)
    kept = None if body.password is None else await door.hashed(body.password.get_secret_value())
    await callers.change_user(name, role=body.role, password_hash=kept)
    log.info("auth.user_changed", user=name, role=body.role and body.role.value)
    return _found(callers, name)


@router.delete("/users/{name}", status_code=204, responses=responses(401, 403, 404, 422, 503))
async def remove_user(callers: CallersOf, entry: EntryOf, name: UserName) -> Response:
    """Remove a user; its sign-ins end. The last admin stays: without users nobody would have to sign in any more."""
    _check_not_last(callers, entry, name)
    await callers.remove_user(name)
    log.info("auth.user_removed", user=name)
    return Response(status_code=204)


@router.post("/users/{name}/revoke", status_code=204, responses=responses(401, 403, 404, 422, 503))
async def revoke_user(callers: CallersOf, name: UserName) -> Response:
    """End all sign-ins of a user, whose WebSockets are closed."""
    await callers.change_user(name, role=None, password_hash=None)
    log.info("auth.user_revoked", user=name)
    return Response(status_code=204)


def _found(callers: Callers, name: str) -> wire.User:
    user = callers.user(name)
    if user is None:
        raise NotFound(f"there is no user {name[:40]!r}", user=name[:40])
    return _user(user)


def _check_not_last(callers: Callers, entry: Entry, name: str) -> None:
    """Raise NotAllowed where nobody else could manage users; the command line can in any case, and so may."""
    admins = [user.name for user in callers.users() if user.role == Role.ADMIN]
    if admins == [name] and entry.known.kind == "user":
        raise NotAllowed(f"{name} is the last admin: `quant users` on the server's machine can change that")


def _user(view: UserView) -> wire.User:
    return wire.User(name=view.name, role=Role(view.role), created_at=view.created_at)


def _answer(text: str, caller: Caller) -> wire.AccessToken:
    return wire.AccessToken(
        access_token=text,
        token_type="bearer",  # noqa: S106  its kind
        expires_at=_ends(caller),
        user=caller.name,
        role=caller.role,
    )


def _ends(caller: Caller | None) -> int | None:
    claims = None if caller is None else caller.claims
    return None if claims is None else claims.expires_at * MS_PER_S
