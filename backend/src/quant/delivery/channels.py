"""Which channels there are: those the settings name, and webhooks by their address."""

import ssl
from collections.abc import Mapping

from quant.clock import Clock
from quant.delivery.chat import Chat
from quant.delivery.courier import Channel
from quant.delivery.webhook import Webhook, check_url
from quant.errors import InvalidParameter

WEBHOOK_SCHEMES = ("https://", "http://")


class Channels:
    """Opens channels by their word in a rule: a name of the settings, or the address of a webhook."""

    def __init__(
        self,
        named: Mapping[str, str],
        *,
        secret: bytes,
        clock: Clock,
        allow_private: bool = False,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """`named` maps a name to a webhook's or Apprise's address; raise InvalidParameter for one of no use."""
        self._named = dict(named)
        self._secret = secret
        self._clock = clock
        self._allow_private = allow_private
        self._trust = trust
        self._chats = {name: Chat(url) for name, url in named.items() if not _is_webhook(url)}
        for url in named.values():
            if _is_webhook(url):
                check_url(url, allow_private=allow_private)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that the settings give."""
        return tuple(self._named)

    def check(self, word: str) -> None:
        """Raise InvalidParameter for a word that is no channel."""
        if word in self._named:
            return
        if _is_webhook(word):
            check_url(word, allow_private=self._allow_private)
            return
        known = ", ".join(self._named) or "none"
        raise InvalidParameter(
            "channel",
            f"{word[:80]!r} is neither a webhook's https address nor a channel of the settings ({known})",
        )

    def open(self, word: str) -> Channel:
        """Return the channel; raise InvalidParameter for a word that is none (any more)."""
        self.check(word)
        if word in self._chats:
            return self._chats[word]
        return Webhook(
            self._named.get(word, word),
            secret=self._secret,
            clock=self._clock,
            allow_private=self._allow_private,
            trust=self._trust,
        )


def _is_webhook(url: str) -> bool:
    return url.lower().startswith(WEBHOOK_SCHEMES)
