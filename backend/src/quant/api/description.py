"""What the description of the interface says beside what its endpoints declare themselves."""

from typing import Any

from pydantic.json_schema import models_json_schema

from quant.api import schemas as wire
from quant.api.alert_schemas import AlertRuleFields, AlertsMessage
from quant.api.permissions import Need, need_of
from quant.api.problems import responses
from quant.api.security import COOKIE
from quant.api.system_schemas import EXAMPLE, SystemStatus

Document = dict[str, Any]  # Any: a piece of OpenAPI

MESSAGES = (
    wire.Command,
    wire.Hello,
    wire.Ack,
    wire.Pong,
    wire.SocketError,
    wire.StatusMessage,
    wire.TicksMessage,
    wire.BarsMessage,
    wire.QuoteMessage,
    wire.FundingMessage,
    wire.PairMessage,
    wire.MatrixMessage,
    AlertsMessage,
    AlertRuleFields,
    wire.Problem,
)
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
# Who asks in words that are no HTTP, or with an address beyond 64 KiB, is answered before our code is reached.
NO_HTTP: Document = {
    "description": "No HTTP request",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
SCHEMES: Document = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "the answer of /auth/token, AUTH_TOKEN, or the token that the server printed; none is needed "
        "where none is set",
    },
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}


def completed(document: Document) -> Document:
    """Return the document with the WebSocket's messages, and with the answers that any endpoint may give."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    if wire.Hello.__name__ in schemas:  # FastAPI keeps the document that it has made
        return document
    _, definitions = models_json_schema(
        [(model, "serialization") for model in MESSAGES], ref_template="#/components/schemas/{model}"
    )
    for name, schema in definitions["$defs"].items():
        schemas.setdefault(name, schema)
    schemas[SystemStatus.__name__]["examples"] = [EXAMPLE]  # put in a model, it would lose its nulls
    components.setdefault("securitySchemes", {}).update(SCHEMES)
    for path, operations in document["paths"].items():
        for method in METHODS & operations.keys():
            _complete(operations[method], need_of(method.upper(), path))
    return document


def _complete(operation: Document, need: Need) -> None:
    common = {400: NO_HTTP} | responses(403, 503)
    if need.role is not None:
        common |= responses(401)
        operation.setdefault("security", [*({name: []} for name in SCHEMES), {}])
        operation["x-least-role"] = need.role.value
    if need.cost:
        common |= responses(429)
    if "requestBody" in operation:
        common |= responses(413)
    declared = operation["responses"]
    for status, answer in common.items():
        declared.setdefault(str(status), answer)
    operation["responses"] = dict(sorted(declared.items()))
