"""One table: what each route asks of whoever calls it, and how much of the allowance a call takes."""

from dataclasses import dataclass

from starlette.routing import compile_path

from quant.access.roles import Role


@dataclass(frozen=True, slots=True)
class Need:
    """The least role (None: nobody need be signed in), and the weight of a call; 0 is not counted."""

    role: Role | None
    cost: int = 1


OPEN, PROBE = Need(None), Need(None, 0)
READ, OPERATE, MANAGE = Need(Role.VIEWER), Need(Role.OPERATOR), Need(Role.ADMIN)
COMPUTE, HEAVY = Need(Role.VIEWER, 5), Need(Role.VIEWER, 20)
WEBSOCKET = "WEBSOCKET"
READ_METHODS = ("GET", "HEAD")

NEEDS: dict[tuple[str, str], Need] = {
    (WEBSOCKET, "/ws"): READ,
    # --- health ---
    ("GET", "/livez"): PROBE,
    ("GET", "/readyz"): PROBE,
    ("GET", "/healthz"): READ,
    ("GET", "/metrics"): READ,
    ("GET", "/system/status"): READ,
    # --- signing in, and who may ---
    ("GET", "/auth/session"): OPEN,
    ("POST", "/auth/token"): OPEN,
    ("POST", "/auth/ticket"): READ,
    ("POST", "/auth/logout"): READ,
    ("POST", "/auth/revoke"): MANAGE,
    ("GET", "/auth/users"): MANAGE,
    ("POST", "/auth/users"): MANAGE,
    ("PATCH", "/auth/users/{name}"): MANAGE,
    ("DELETE", "/auth/users/{name}"): MANAGE,
    ("POST", "/auth/users/{name}/revoke"): MANAGE,
    # --- stream ---
    ("POST", "/stream/start"): OPERATE,
    ("POST", "/stream/stop"): OPERATE,
    ("GET", "/stream/status"): READ,
    ("GET", "/symbols"): READ,
    ("GET", "/config"): READ,
    ("GET", "/simulation/truth"): READ,
    ("GET", "/replay"): READ,
    ("POST", "/replay"): OPERATE,
    # --- data ---
    ("GET", "/data/stats"): READ,
    ("GET", "/data/{symbol}"): READ,
    ("GET", "/data/{symbol}/ticks"): READ,
    ("GET", "/data/{symbol}/gaps"): READ,
    ("GET", "/data/{symbol}/stored"): READ,
    ("GET", "/data/{symbol}/quote"): READ,
    ("GET", "/data/{symbol}/funding"): READ,
    # --- analytics ---
    ("GET", "/analytics/pair"): READ,
    ("GET", "/analytics/hedge-ratio"): READ,
    ("GET", "/analytics/spread"): READ,
    ("GET", "/analytics/zscore"): READ,
    ("GET", "/analytics/correlation"): READ,
    ("GET", "/analytics/adf"): READ,
    ("GET", "/analytics/lab"): COMPUTE,
    ("GET", "/analytics/scan"): HEAVY,
    # --- alerts ---
    ("GET", "/alerts"): READ,
    ("POST", "/alerts"): OPERATE,
    ("GET", "/alerts/active"): READ,
    ("GET", "/alerts/history"): READ,
    ("GET", "/alerts/channels"): READ,
    ("GET", "/alerts/dead-letters"): READ,
    ("POST", "/alerts/dead-letters/{delivery_id}/retry"): OPERATE,
    ("POST", "/alerts/preview"): HEAVY,
    ("GET", "/alerts/{rule_id}"): READ,
    ("PATCH", "/alerts/{rule_id}"): OPERATE,
    ("DELETE", "/alerts/{rule_id}"): OPERATE,
    ("POST", "/alerts/{event_id}/ack"): OPERATE,
    # --- history ---
    ("POST", "/import"): Need(Role.OPERATOR, 5),
    ("GET", "/import"): READ,
    ("GET", "/import/files"): READ,
    ("GET", "/import/{job_id}"): READ,
    ("POST", "/backfill"): Need(Role.OPERATOR, 5),
    ("GET", "/backfill"): READ,
    ("GET", "/backfill/{job_id}"): READ,
    # --- export ---
    ("GET", "/export"): HEAVY,
    ("GET", "/export/ohlcv"): HEAVY,
    ("GET", "/export/ticks"): HEAVY,
    # --- documentation ---
    ("GET", "/docs"): READ,
    ("GET", "/redoc"): READ,
    ("GET", "/openapi.json"): READ,
    ("GET", "/docs-assets/swagger-init.js"): OPEN,
}

_EXACT = {key: need for key, need in NEEDS.items() if "{" not in key[1]}
_PATTERNS = {
    first: [
        (method, compile_path(path)[0], need)
        for (method, path), need in NEEDS.items()
        if "{" in path and path.split("/")[1] == first
    ]
    for first in {path.split("/")[1] for _, path in NEEDS}
}


def need_of(method: str, path: str) -> Need:
    """Return what a request needs.

    What is no endpoint is a file of the dashboard, which holds no data and is there before anybody has signed in;
    anything that would change something and is not in the table needs an admin.
    """
    asked = "GET" if method == "HEAD" else method
    found = _EXACT.get((asked, path))
    if found is not None:
        return found
    others = _PATTERNS.get(path.split("/", 2)[1] if "/" in path else "", ())
    for known, pattern, need in others:
        if known == asked and pattern.match(path):
            return need
    of_path = [need for (_, known), need in _EXACT.items() if known == path]
    of_path += [need for _, pattern, need in others if pattern.match(path)]
    if any(need.role is None for need in of_path):  # it knows no such method, and may say so to anybody
        return OPEN
    if method not in READ_METHODS:
        return MANAGE
    return READ if of_path else OPEN
