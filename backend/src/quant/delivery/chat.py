"""Chat, mail and phone by Apprise: a word of the settings such as `tgram://token/chat` or `mailtos://…`."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

from quant.delivery.message import DeliveryFailed, Message
from quant.errors import InvalidParameter

TIMEOUT_S = 30.0
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_BREAK = "\u200b"  # of no width
_LIVE = re.compile(r"([@<]|\](?=\())")
"""What begins a mention, a tag or a link somewhere."""


def inert(text: str) -> str:
    """Return text that no chat takes for a mention, a tag or a link with another face; line ends stay."""
    return _LIVE.sub(rf"\1{_BREAK}", _CONTROL.sub(" ", text))


class Chat:
    """Sends messages through one Apprise address. A call that hangs holds up this channel alone."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """Send to `url`; raise InvalidParameter where Apprise knows no such service."""
        import apprise

        self._apprise = apprise.Apprise()
        self._text = apprise.NotifyFormat.TEXT
        self._kinds = {
            "info": apprise.NotifyType.INFO,
            "warning": apprise.NotifyType.WARNING,
            "critical": apprise.NotifyType.FAILURE,
        }
        if not self._apprise.add(url):
            scheme = url.partition(":")[0]
            raise InvalidParameter("ALERT_CHANNELS", f"Apprise cannot use this {scheme[:20]!r} address")
        self._timeout_s = timeout_s
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="chat")

    async def send(self, message: Message) -> None:
        """Deliver one message; raise DeliveryFailed where the service did not take it."""
        sending = asyncio.get_running_loop().run_in_executor(self._worker, self._notify, message)
        try:
            taken = await asyncio.wait_for(sending, self._timeout_s)
        except TimeoutError:
            # The thread may hang on for ever; the next message must not wait behind it.
            self._worker.shutdown(wait=False, cancel_futures=True)
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="chat")
            raise DeliveryFailed(f"no answer within {self._timeout_s:g} s") from None
        if not taken:
            raise DeliveryFailed("the service did not take the message")

    def _notify(self, message: Message) -> bool:
        return bool(
            self._apprise.notify(
                title=inert(message.title),
                body=inert(message.text),
                notify_type=self._kinds.get(message.severity, self._kinds["info"]),
                body_format=self._text,
            )
        )
