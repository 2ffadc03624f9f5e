"""Wire models of /auth: signing in, and who may."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from quant.access.passwords import LONGEST, SHORTEST
from quant.access.roles import Role
from quant.api.schemas import Milliseconds, Wire

Name = Annotated[str, Field(min_length=1, max_length=40, examples=["ana"])]
NewName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["ana"])]
Password = Annotated[SecretStr, Field(max_length=LONGEST)]
NewPassword = Annotated[SecretStr, Field(min_length=SHORTEST, max_length=LONGEST)]


class SignIn(Wire):
    """A user's name and password, or the server's access token."""

    username: Name | None = None
    password: Password | None = None
    token: Annotated[SecretStr, Field(min_length=1, max_length=4096)] | None = None
    cookie: Annotated[bool, Field(description="also keep it in a cookie that scripts cannot read")] = False


class AccessToken(Wire):
    """What to send as `Authorization: Bearer`; an access token of the server has no end."""

    access_token: str
    token_type: Literal["bearer"]
    expires_at: Milliseconds | None
    user: str | None
    role: Role


class SessionState(Wire):
    """Who asks, as far as the server knows; `role` is null for somebody who has to sign in first."""

    required: Annotated[bool, Field(description="callers have to sign in")]
    kind: Literal["local", "open", "token", "user", "command"] | None
    user: str | None
    role: Role | None
    expires_at: Milliseconds | None
    insecure: Annotated[bool, Field(description="open to everybody who reaches it: ALLOW_INSECURE")]


class SocketTicket(Wire):
    """Opens one WebSocket, `/ws?ticket=`, within `expires_in_s`."""

    ticket: str
    expires_in_s: int


class Revocation(Wire):
    """Which token to take no more."""

    jti: Annotated[str, Field(min_length=1, max_length=100, description="its id")]


class NewUser(Wire):
    name: NewName
    role: Role = Role.VIEWER
    password: NewPassword


class UserChange(Wire):
    """What to change; the user's sign-ins end."""

    role: Role | None = None
    password: NewPassword | None = None


class User(Wire):
    name: str
    role: Role
    created_at: Milliseconds


class UserList(Wire):
    items: list[User]
    next: None
