"""A local stand-in for the Hugging Face Hub: as much of its HTTP interface as a dataset's upload and download use."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0" * 40


class Hub:
    """Context manager; ``files`` is repository -> path -> bytes, ``url`` where it listens, ``asked`` what it was."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") == "chunked":
                    parts = []
                    while size := int(self.rfile.readline(), 16):
                        parts.append(self.rfile.read(size))
                        self.rfile.readline()
                    self.rfile.readline()
                    return b"".join(parts)
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))

            def say(self, data: bytes, code: int = 200, **headers: str) -> None:
                self.send_response(code)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            def json(self, value: object, code: int = 200) -> None:
                self.say(json.dumps(value).encode(), code, Content_Type="application/json")

            def do_POST(self) -> None:
                data, path = self.body(), unquote(urlsplit(self.path).path)
                hub.asked.append(f"POST {path}")
                if path == "/api/repos/create":
                    wish = json.loads(data)
                    name = "/".join(filter(None, [wish.get("organization"), wish["name"]]))
                    hub.files.setdefault(name, {})
                    self.json({"url": f"{hub.url}/datasets/{name}"})
                elif "/preupload/" in path:
                    files = json.loads(data)["files"]
                    modes = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]
                    self.json({"files": modes})
                elif "/commit/" in path:
                    name = path.removeprefix("/api/datasets/").partition("/commit/")[0]
                    for line in map(json.loads, data.splitlines()):
                        if line["key"] == "file":
                            value = line["value"]
                            hub.files[name][value["path"]] = base64.b64decode(value["content"])
                    self.json({"commitUrl": f"{hub.url}/datasets/{name}/commit/{COMMIT}", "commitOid": COMMIT})
                else:
                    self.json({"error": path}, 404)

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                path = unquote(urlsplit(self.path).path)
                hub.asked.append(f"{self.command} {path}")
                if path.startswith("/datasets/") and "/resolve/" in path:
                    name, _, rest = path.removeprefix("/datasets/").partition("/resolve/")
                    data = hub.files.get(name, {}).get(rest.partition("/")[2])
                    if data is not None:
                        tag = hashlib.sha1(data).hexdigest()
                        self.say(data, ETag=f'"{tag}"', X_Repo_Commit=COMMIT, Accept_Ranges="bytes")
                        return
                name = path.removeprefix("/api/datasets/").partition("/tree/")[0].partition("/revision/")[0]
                if name in hub.files and "/tree/" in path:
                    entries = [
                        {"type": "file", "path": p, "size": len(d), "oid": hashlib.sha1(d).hexdigest()}
                        for p, d in sorted(hub.files[name].items())
                    ]
                    self.json(entries)
                elif name in hub.files:
                    siblings = [{"rfilename": p} for p in sorted(hub.files[name])]
                    self.json({"id": name, "sha": COMMIT, "siblings": siblings, "private": False, "tags": []})
                else:
                    self.json({"error": "Repository not found"}, 404)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Hub:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
