"""The signature of a webhook: HMAC-SHA256 over the time of sending and the body, as Stripe and others do it."""

import hashlib
import hmac


def sign(body: bytes, *, secret: bytes, at_s: int) -> str:
    """Return the header's value, `t=<unix seconds>,v1=<hex digest>`, for a body sent at `at_s`."""
    digest = hmac.new(secret, b"%d." % at_s + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def verify(header: str, body: bytes, *, secret: bytes, now_s: float, tolerance_s: float = 300.0) -> bool:
    """Return whether a header is the signature of this body, made within `tolerance_s` of now."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    try:
        at_s = int(parts.get("t", ""))
    except ValueError:
        return False
    expected = sign(body, secret=secret, at_s=at_s)
    return hmac.compare_digest(expected.encode(), header.encode()) and abs(now_s - at_s) <= tolerance_s
