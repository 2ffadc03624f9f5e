"""A webhook: one POST of signed JSON to a host that was looked at before, and to no other."""

import asyncio
import functools
import ssl
from pathlib import Path

import httpx

from quant.clock import NS_PER_S, Clock
from quant.delivery.addresses import Resolve, address_to_use, resolve
from quant.delivery.message import DeliveryFailed, DeliveryRefused, Message
from quant.delivery.signature import sign
from quant.errors import InvalidParameter

TIMEOUT_S = 5.0
"""For all of it: looking the name up, connecting, sending, and the head of the answer."""

MAX_URL = 2048
MAX_RETRY_AFTER_S = 3600.0
_LATER = (408, 425, 429)  # of the 4xx those that may be answered otherwise another time


def check_url(url: str, *, allow_private: bool) -> httpx.URL:
    """Return a webhook's address; raise InvalidParameter where no message would ever be sent to such a one."""
    if len(url) > MAX_URL:
        raise InvalidParameter("channel", f"a webhook's address has at most {MAX_URL} characters")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InvalidParameter("channel", f"{url[:80]!r} is no address: {error}") from error
    if parsed.scheme != "https" and not (allow_private and parsed.scheme == "http"):
        raise InvalidParameter("channel", f"{url[:80]!r} does not begin with https://")
    if not parsed.host:
        raise InvalidParameter("channel", f"{url[:80]!r} names no host")
    if parsed.userinfo:
        raise InvalidParameter("channel", "a webhook's address holds no user or password")
    return parsed


class Webhook:
    """Sends messages to one address. It does not follow redirects and reads no answer beyond its head."""

    def __init__(
        self,
        url: str,
        *,
        secret: bytes,
        clock: Clock,
        allow_private: bool = False,
        trust: ssl.SSLContext | None = None,
        resolve: Resolve = resolve,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Send to `url`, signed with `secret`. Raises InvalidParameter, as `check_url` does."""
        self._url = check_url(url, allow_private=allow_private)
        self._secret = secret
        self._clock = clock
        self._allow_private = allow_private
        self._trust = trust
        self._resolve = resolve
        self._timeout_s = timeout_s

    async def send(self, message: Message) -> None:
        """Deliver one message; raise DeliveryFailed where another try may help, DeliveryRefused where none will."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._send(message)
        except TimeoutError:
            raise DeliveryFailed(f"no answer within {self._timeout_s:g} s") from None
        except httpx.HTTPError as error:
            raise DeliveryFailed(str(error) or type(error).__name__) from error

    async def _send(self, message: Message) -> None:
        host = self._url.raw_host.decode("ascii")
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        address = await address_to_use(host, port, allow_private=self._allow_private, resolve=self._resolve)
        # The environment's proxies and .netrc are left out: they would look the name up a second time.
        trust = self._trust or _default_trust()
        async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=self._timeout_s) as client:
            request = client.build_request(
                "POST",
                self._url.copy_with(host=address),
                headers=self._headers(message),
                content=message.payload,
                extensions={"sni_hostname": host},  # the certificate is checked against the name, too
            )
            answer = await client.send(request, stream=True, follow_redirects=False)
            await answer.aclose()
        _judge(answer)

    def _headers(self, message: Message) -> dict[str, str]:
        at_s = self._clock.wall_ns() // NS_PER_S
        return {
            "host": self._url.netloc.decode("ascii"),
            "content-type": "application/json",
            "user-agent": "quant-analytics-platform",
            "x-quant-event": message.event_id,
            "x-quant-signature": sign(message.payload, secret=self._secret, at_s=at_s),
        }


@functools.cache
def _default_trust() -> ssl.SSLContext:
    return trusting(None)  # reads all authorities: a few milliseconds, once


def trusting(authorities: Path | None) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities and those of a PEM file; names are checked all the same.

    Raises OSError where the file cannot be read, ssl.SSLError where it holds no certificate.
    """
    context = ssl.create_default_context()
    if authorities is not None:
        context.load_verify_locations(authorities)
    return context


def _judge(answer: httpx.Response) -> None:
    status = answer.status_code
    if 200 <= status < 300:
        return
    said = f"answered {status} {answer.reason_phrase}".strip()
    if 300 <= status < 400:
        raise DeliveryRefused(f"{said}; redirects are not followed")
    if 400 <= status < 500 and status not in _LATER:
        raise DeliveryRefused(said)
    raise DeliveryFailed(said, retry_after_s=_retry_after_s(answer))


def _retry_after_s(answer: httpx.Response) -> float:
    try:
        seconds = float(answer.headers.get("retry-after", "0"))
    except ValueError:
        return 0.0  # a date; our own schedule does
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S) if seconds == seconds else 0.0
