"""A real nginx on loopback with the shipped site, in front of a real server."""

import os
import re
import ssl
import subprocess
from pathlib import Path

import httpx

from deploy.places import DEPLOY
from serving import free_port
from waiting import PATIENCE_S, eventually

SITE = DEPLOY / "nginx" / "quant.conf"
NAME = "quant.example.org"

MAIN = """
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile {files};
pid {folder}/nginx.pid;
error_log {folder}/main.error.log;
events {{ worker_connections {connections}; }}
http {{
    types {{ text/html html; text/css css; text/javascript js; image/svg+xml svg; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/quant.conf;
}}
"""


def make_certificate(folder: Path) -> None:
    """Put a new certificate of the site's name into `folder`, made by the `openssl` command."""
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    names = ["-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", str(folder / "quant.key"), "-out", str(folder / "quant.crt")]
    subprocess.run(["openssl", *words.split(), *names, *files], check=True, capture_output=True)


class Nginx:
    """The shipped site with other places and ports, each of which must be there to be replaced."""

    def __init__(self, folder: Path, *, server_port: int, connections: int = 512) -> None:
        self.folder = folder
        self.port, self.plain_port = free_port(), free_port()
        make_certificate(folder)
        (folder / "dashboard").mkdir()
        text = SITE.read_text()
        for old, new in (
            ("127.0.0.1:8000", f"127.0.0.1:{server_port}"),
            ("listen [::]:80;", ""),
            ("listen [::]:443 ssl http2;", ""),
            ("listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
            ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
            ("/etc/nginx/tls", str(folder)),
            ("/var/log/nginx", str(folder)),
            ("/opt/quant/dashboard", str(folder / "dashboard")),
        ):
            assert old in text, old
            text = text.replace(old, new)
        assert not re.search(r"/etc/|/var/|/opt/", re.sub(r"#.*", "", text))
        (folder / "quant.conf").write_text(text)
        user = "user root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
        self.config = folder / "nginx.conf"
        self.config.write_text(
            MAIN.format(folder=folder, user=user, connections=connections, files=2 * connections)
        )
        self.process: subprocess.Popen[bytes] | None = None

    def check(self) -> subprocess.CompletedProcess[str]:
        """Run `nginx -t`."""
        command = ["nginx", "-p", str(self.folder), "-t", "-c", str(self.config)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)

    def start(self) -> None:
        command = ["nginx", "-p", str(self.folder), "-c", str(self.config)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

        def look() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.logged()
            try:
                return self.plain_get("/").status_code == 301
            except httpx.TransportError:
                return False

        eventually(look, what="nginx answers")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)

    def tls(self) -> ssl.SSLContext:
        """Return a context that trusts the site's certificate and nothing else."""
        return ssl.create_default_context(cafile=self.folder / "quant.crt")

    def client(self, *, address: str | None = None, **options: object) -> httpx.Client:
        """Return a client of the site by its own name, which nobody resolves here; it asks from the address."""
        transport = httpx.HTTPTransport(verify=self.tls(), http1=True, trust_env=False, local_address=address)
        given = {"base_url": f"https://127.0.0.1:{self.port}", "headers": {"Host": NAME}} | options
        client = httpx.Client(transport=transport, timeout=PATIENCE_S, **given)  # type: ignore[arg-type]
        client.event_hooks["request"].append(_named)
        return client

    def plain_get(self, path: str) -> httpx.Response:
        """Ask without TLS."""
        url = f"http://127.0.0.1:{self.plain_port}{path}"
        return httpx.get(url, headers={"Host": NAME}, trust_env=False)

    def logged(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


def _named(request: httpx.Request) -> None:
    """Have TLS ask for the site's name, and check it."""
    request.extensions["sni_hostname"] = NAME
