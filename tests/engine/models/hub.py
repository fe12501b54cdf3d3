"""A hub of the tests' own: lists a repository and gives its files, resumed where asked, as huggingface.co does."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

COMMIT = "0123456789012345678901234567890123456789"


class Hub:
    """Files by repository and path; what was asked for is kept in `asked`."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.budget: int | None = None
        """Bytes that are given before the line breaks for good."""
        self.page: bytes | None = None
        self.lies: bytes | None = None
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_HEAD(self) -> None:
                hub.answer(self, body=False)

            def do_GET(self) -> None:
                hub.answer(self, body=True)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, to: BaseHTTPRequestHandler, body: bool) -> None:
        path = unquote(to.path.partition("?")[0]).strip("/")
        self.asked.append((to.command, path, to.headers.get("Range", "")))
        if self.page is not None:
            self._send(to, 200, self.page, body, {"Content-Type": "text/html"})
        elif path.startswith("api/models/"):
            self._list(to, "/".join(path.split("/")[2:4]), body)
        else:
            owner, name, _, _, inside = path.split("/", 4)
            self._give(to, f"{owner}/{name}", inside, body)

    def _list(self, to, repository: str, body: bool) -> None:
        if repository not in self.files:
            told = {"X-Error-Code": "RepoNotFound", "Content-Type": "application/json"}
            self._send(to, 404, b'{"error": "Repository not found"}', body, told)
            return
        entries = [
            {
                "type": "file", "path": path, "size": len(data), "oid": "0" * 40,
                "lfs": {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130},
            }
            for path, data in self.files[repository].items()
        ]  # fmt: skip
        self._send(to, 200, json.dumps(entries).encode(), body, {"Content-Type": "application/json"})

    def _give(self, to, repository: str, path: str, body: bool) -> None:
        data = self.files[repository][path]
        told = {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
        told["Accept-Ranges"] = "bytes"
        wanted = to.headers.get("Range", "")
        first = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        status = 206 if wanted else 200
        if wanted:
            told["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        given = data if self.lies is None or not body else self.lies[: len(data)].ljust(len(data), b"x")
        if body and self.budget is not None and len(data) - first > self.budget:
            to.send_response(status)
            for name, value in {**told, "Content-Length": str(len(data) - first)}.items():
                to.send_header(name, value)
            to.end_headers()
            to.wfile.write(given[first : first + self.budget])
            self.budget, to.close_connection = 0, True
            return
        self._send(to, status, given[first:], body, told)

    def _send(self, to, status: int, data: bytes, body: bool, told: dict[str, str]) -> None:
        to.send_response(status)
        for name, value in {**told, "Content-Length": str(len(data))}.items():
            to.send_header(name, value)
        to.end_headers()
        if body:
            to.wfile.write(data)
