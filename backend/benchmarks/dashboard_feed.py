"""Updates for a page at any rate: the server's own messages, carried on where the server's left off."""

import itertools
import json
import math
import random
import time
from typing import Any

from relay import Relay

UPDATES_A_BAR = 10
STEP_MS = 1000


class DrivenFeed:
    """Stands in the wire: after `take_over` the live topics are ours, everything else stays the server's.

    An update is one message for the bars of either leg and one for the pair, in the server's form, each with the
    number after the last. Prices walk at random; every tenth update closes the bars, as at ten updates a second.
    """

    def __init__(self, relay: Relay, bars: tuple[str, str], pair: str) -> None:
        self.sent: dict[str, float] = {}
        """When each message was put on the wire, by topic and number, in ms of the machine's clock."""
        self._relay, self._bars, self._pair = relay, bars, pair
        self._newest: dict[str, dict[str, Any]] = {}
        self._ours = False
        self._random = random.Random(7)
        self._count = itertools.count(1)
        relay.messages = self._passed

    @property
    def known(self) -> bool:
        """Whether the server has sent something of every topic."""
        return {*self._bars, self._pair} <= self._newest.keys()

    def take_over(self) -> None:
        self._ours = True

    def update(self, *, bar_closes: bool | None = None) -> str:
        """Send the next update, and return by which key the page notes that it shows the pair's."""
        number = next(self._count)
        closes = number % UPDATES_A_BAR == 0 if bar_closes is None else bar_closes
        for topic in self._bars:
            self._send(topic, self._next_bars(topic, closes=closes))
        return self._send(self._pair, self._next_pair(number, closes=closes))

    def _passed(self, text: str) -> tuple[str, ...]:
        message = json.loads(text)
        topic = message.get("topic")
        if topic not in (*self._bars, self._pair) or message["type"] == "ack":
            return (text,)
        if self._ours:
            return ()
        self._newest[topic] = message
        return (text,)

    def _send(self, topic: str, message: dict[str, Any]) -> str:
        key = f"{topic}#{message['seq']}"
        text = json.dumps(message, separators=(",", ":"))
        self.sent[key] = time.time() * 1000
        self._relay.send(text)
        return key

    def _next(self, topic: str) -> dict[str, Any]:
        message = self._newest[topic]
        seq = message["seq"] + 1
        message |= {"type": "update", "seq": seq}
        message["data"] |= {"seq": seq}
        return message

    def _next_bars(self, topic: str, *, closes: bool) -> dict[str, Any]:
        message = self._next(topic)
        bar = message["data"]["items"][-1]
        close = bar["close"] * (1 + self._random.gauss(0, 1e-5))
        changed = {"close": close, "high": max(bar["high"], close), "low": min(bar["low"], close)}
        items = [bar | changed]
        if closes:
            new = {"time": bar["time"] + STEP_MS, "open": close, "high": close, "low": close, "close": close}
            items = [items[0] | {"closed": True}, bar | new | {"closed": False}]
        message["data"]["items"] = items
        return message

    def _next_pair(self, number: int, *, closes: bool) -> dict[str, Any]:
        message = self._next(self._pair)
        data = message["data"]
        z = 2.5 * math.sin(number / 40)
        data |= {"zscore": z, "live": data["live"] | {"zscore": z + self._random.gauss(0, 0.1)}}
        time_ms = data["last_time"]
        if closes:
            time_ms += STEP_MS
            data |= {"first_time": data["first_time"] + STEP_MS, "last_time": time_ms}  # the window moves on
        alpha, beta, sd = data["alpha"], data["beta"], data["sd"]
        row = {"time": time_ms, "price_a": 1.0, "price_b": 1.0, "alpha": alpha, "beta": beta, "sd": sd}
        row |= {"spread": alpha + z * sd, "zscore": z, "correlation": 0.8 + z / 20}
        data["series"] = {name: [value] if closes else [] for name, value in row.items()}
        return message
