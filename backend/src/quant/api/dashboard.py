"""The built dashboard and the API's own documentation pages, served from files that come with the platform."""

import asyncio
import json
from collections.abc import Mapping, Set
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from quant.api.compression import takes
from quant.api.validators import is_held, unchanged, validated, validator
from quant.errors import NotFound

PACKAGED = Path(__file__).resolve().parents[1] / "_dashboard"
CHECKOUT = Path(__file__).resolve().parents[4] / "frontend" / "dist"
IMMUTABLE = "public, max-age=31536000, immutable"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
ENCODINGS = ((".br", "br"), (".gz", "gzip"))
DOCS_ASSETS = "/docs-assets"
NOT_BUILT = "The dashboard is not built. Run `make run`, or `npm ci && npm run build` in frontend/.\n"


def dashboard_files() -> Path | None:
    """Return the folder of the built dashboard, None when there is none."""
    return next((path for path in (PACKAGED, CHECKOUT) if (path / "index.html").is_file()), None)


def install(app: FastAPI, endpoints: Mapping[str, Set[str]]) -> None:
    """Serve documentation pages, assets, and the page itself for every path a browser opens.

    `endpoints` are the methods of each path that is in the description.
    """

    described: list[bytes] = []

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        if not described:  # it takes a second, in which the loop has others to serve
            described.append(await asyncio.to_thread(lambda: json.dumps(app.openapi()).encode()))
        headers = validated(validator(described[0]))
        if is_held(request, headers):
            return unchanged(headers)
        return Response(described[0], media_type="application/json", headers=headers)

    @app.get("/docs", include_in_schema=False)
    async def swagger() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=f"{app.title}: API",
            swagger_js_url=f"{DOCS_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{DOCS_ASSETS}/swagger-ui.css",
            swagger_favicon_url="/favicon.svg",
        )
        return _without_inline_script(page, "swagger-init.js")

    @app.get("/docs-assets/swagger-init.js", include_in_schema=False)
    async def swagger_init() -> Response:
        script = "SwaggerUIBundle({url:'/openapi.json',dom_id:'#swagger-ui',deepLinking:true})"
        return Response(script, media_type="text/javascript")

    @app.get("/redoc", include_in_schema=False)
    async def redoc() -> HTMLResponse:
        return get_redoc_html(
            openapi_url="/openapi.json",
            title=f"{app.title}: API",
            redoc_js_url=f"{DOCS_ASSETS}/redoc.standalone.js",
            redoc_favicon_url="/favicon.svg",
            with_google_fonts=False,
        )

    # Every method, since this route also answers for those that are not: a wrong one is told the right ones.
    @app.api_route("/{path:path}", methods=METHODS, include_in_schema=False)
    async def page(request: Request, path: str) -> Response:
        allowed = _allowed(app, endpoints, request.scope)
        if allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
        if request.method not in ("GET", "HEAD"):
            raise NotFound(f"there is nothing at /{path[:100]}")
        return _file(request, path)


def _allowed(app: FastAPI, endpoints: Mapping[str, Set[str]], scope: Scope) -> list[str]:
    """Return the methods that the path takes: its own, where it has a name, else those of any route but the last."""
    own = endpoints.get(scope["path"])
    if own is not None:
        return [method for method in METHODS if method in own]
    return [
        method
        for method in METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in app.routes[:-1])
    ]


def _without_inline_script(page: HTMLResponse, script: str) -> HTMLResponse:
    """Return Swagger's page with its starting script as a file: the content policy allows no inline ones."""
    text = bytes(page.body).decode()
    head, _, rest = text.partition("<script>")
    tail = rest.partition("</script>")[2]
    return HTMLResponse(f'{head}<script src="{DOCS_ASSETS}/{script}"></script>{tail}')


def _file(request: Request, path: str) -> Response:
    root = dashboard_files()
    # Its own address is the page's whoever asks; elsewhere a program shall see that there is nothing.
    wants_page = not path or "text/html" in request.headers.get("accept", "")
    if root is None:
        if wants_page:
            return PlainTextResponse(NOT_BUILT, 503)
        raise NotFound(f"there is nothing at /{path[:100]}")
    file = _within(root, path) if path else None
    if file is not None:
        cache = IMMUTABLE if path.startswith("assets/") else "no-cache"
        return _sent(file, request, cache)
    if wants_page:
        return _sent(root / "index.html", request, "no-cache")
    raise NotFound(f"there is nothing at /{path[:100]}")


def _within(root: Path, path: str) -> Path | None:
    """Return the file of this path, None where there is none in the folder."""
    try:
        file = (root / path).resolve()
        return file if file.is_file() and file.is_relative_to(root.resolve()) else None
    except (OSError, ValueError):  # a name that no file can have: too long, or with a zero byte
        return None


def _sent(file: Path, request: Request, cache: str) -> Response:
    """Return a file, in the smallest form that was made of it at build time and the browser takes, if it lacks it."""
    found = file.stat()
    tag = _content_validator(file, found.st_mtime_ns, found.st_size)
    headers = {"ETag": tag, "Cache-Control": cache, "Vary": "Accept-Encoding"}
    if is_held(request, headers):
        return unchanged(headers)
    accepted = request.headers.get("accept-encoding", "")
    media_type = FileResponse(file).media_type
    for suffix, encoding in ENCODINGS:
        smaller = file.with_name(file.name + suffix)
        if takes(accepted, encoding) and smaller.is_file():
            encoded = headers | {"Content-Encoding": encoding}
            return FileResponse(smaller, headers=encoded, media_type=media_type)
    return FileResponse(file, headers=headers)


@lru_cache(maxsize=1024)
def _content_validator(file: Path, mtime_ns: int, size: int) -> str:  # noqa: ARG001  what was read may be another now
    """Return the validator of what is in a file; its time and size alone may be those of another version's."""
    return validator(file.read_bytes())
