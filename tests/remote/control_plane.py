"""Compute Engine's control plane on loopback, for Google's own client library. What it calls machines are entries."""

import json
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

PROJECT, ZONE = "studio-project", "us-central1-a"
MACHINE = "timbre-0123456789ab"
_ZONAL = re.compile(r"/compute/v1/projects/(?P<project>[^/]+)/zones/(?P<zone>[^/]+)/(?P<rest>.+)")


def error_body(status: int, message: str, reason: str, **details: object) -> dict[str, Any]:
    return {
        "error": {
            "code": status,
            "message": message,
            "errors": [{"message": message, "domain": "global", "reason": reason}],
            **details,
        }
    }


class ControlPlane:
    """Attributes:

    machines: What there is, by name, as it was asked for.
    log: Method, path, query and body of every request.
    refusals: The answers to give to requests of a method and a part of a path, instead of doing what they ask.
    operation_error: How insertions end; None: well.
    is_mute_after_insert: An insertion is done, and the connection is cut instead of an answer.
    guests: What each machine tells of itself, by namespace; also the default for new ones.
    on_insert: Called with what was inserted.
    """

    def __init__(self) -> None:
        self.machines: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[str, str, dict[str, str], Any]] = []
        self.refusals: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        self.operation_error: dict[str, str] | None = None
        self.is_mute_after_insert = False
        self.guests: dict[str, dict[str, str]] = {"hostkeys": {}, "timbre-studio": {"state": "ready"}}
        self.on_insert: Callable[[dict[str, Any]], None] = lambda body: None
        self.tokens: set[str] = set()
        self._requests: dict[str, str] = {}
        plane = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                plane.answer(self, "GET")

            def do_POST(self) -> None:
                plane.answer(self, "POST")

            def do_DELETE(self) -> None:
                plane.answer(self, "DELETE")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def asked(self, method: str, part: str) -> list[Any]:
        """The bodies of the requests of this kind."""
        return [body for each, path, _, body in self.log if each == method and part in path]

    def add(self, name: str, *, labels: dict[str, str], zone: str = ZONE, hours: float = 4.0) -> None:
        """A machine that is there without having been asked for."""
        self.machines[name] = {
            "name": name,
            "labels": labels,
            "zone": f"{self.url}/compute/v1/projects/{PROJECT}/zones/{zone}",
            "machineType": f"zones/{zone}/machineTypes/n2-standard-8",
            "status": "RUNNING",
            "creationTimestamp": datetime.now(UTC).isoformat(),
            "scheduling": {"maxRunDuration": {"seconds": str(round(hours * 3600))}},
            "networkInterfaces": [{"accessConfigs": [{"natIP": "127.0.0.1"}]}],
        }

    # --- requests -----------------------------------------------------------------------------------------------------
    def answer(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        length = int(handler.headers.get("content-length") or 0)
        text = handler.rfile.read(length)
        body = json.loads(text) if text.startswith(b"{") else text.decode()
        self.log.append((method, parts.path, query, body))
        scheme, _, token = handler.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            self.tokens.add(token)
        for (refused, part), (status, words) in self.refusals.items():
            if method == refused and part in parts.path:
                return _send(handler, status, words)
        if scheme != "Bearer":
            return _send(handler, 401, error_body(401, "Request had invalid authentication credentials.", "authError"))
        return self._do(handler, method, parts.path, query, body)

    def _do(self, handler: BaseHTTPRequestHandler, method: str, path: str, query: dict[str, str], body: Any) -> None:
        if method == "GET" and path.endswith("/aggregated/instances"):
            return _send(handler, 200, self._aggregated(query.get("filter", "")))
        match = _ZONAL.fullmatch(path)
        assert match is not None, path
        rest = match["rest"].split("/")
        match method, rest:
            case "POST", ["instances"]:
                return self._insert(handler, match["zone"], query, body)
            case "POST", ["operations", name, "wait"]:
                failed = {"error": {"errors": [self.operation_error]}} if self.operation_error else {}
                failed = failed if name.startswith("insert") else {}
                return _send(handler, 200, {"name": name, "status": "DONE", **failed})
            case "GET", ["instances", name] if name in self.machines:
                return _send(handler, 200, self.machines[name])
            case "GET", ["instances", name, "getGuestAttributes"] if name in self.machines:
                return self._tell(handler, query["queryPath"].rstrip("/"))
            case "DELETE", ["instances", name] if name in self.machines:
                del self.machines[name]
                return _send(handler, 200, {"name": f"delete-{name}", "status": "RUNNING"})
        what = "/".join(rest)
        return _send(handler, 404, error_body(404, f"The resource '{what}' was not found", "notFound"))

    def _insert(self, handler: BaseHTTPRequestHandler, zone: str, query: dict[str, str], body: dict[str, Any]) -> None:
        name = body["name"]
        known = self._requests.setdefault(query["requestId"], name)
        if name in self.machines and known != name:
            return _send(handler, 409, error_body(409, f"The resource '{name}' already exists", "alreadyExists"))
        if self.operation_error is None and name not in self.machines:
            lifetime = timedelta(seconds=int(body["scheduling"]["maxRunDuration"]["seconds"]))
            now = datetime.now(UTC)
            self.machines[name] = {
                **body,
                "status": "RUNNING",
                "creationTimestamp": now.isoformat(),
                "resourceStatus": {"scheduling": {"terminationTimestamp": (now + lifetime).isoformat()}},
                "networkInterfaces": [{"networkIP": "10.0.0.2", "accessConfigs": [{"natIP": "127.0.0.1"}]}],
            }
            self.on_insert(body)
        if self.is_mute_after_insert:
            handler.close_connection = True
            handler.connection.close()
            return None
        return _send(handler, 200, {"name": f"insert-{name}", "status": "RUNNING", "zone": zone})

    def _aggregated(self, condition: str) -> dict[str, Any]:
        label = re.fullmatch(r"labels\.([a-z-]+):\*", condition)
        zones: dict[str, Any] = {"zones/asia-east1-a": {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "none"}}}
        for machine in self.machines.values():
            if label is None or label[1] in machine.get("labels", {}):
                zone = machine["machineType"].split("/")[1]
                zones.setdefault(f"zones/{zone}", {"instances": []})["instances"].append(machine)
        return {"items": zones}

    def _tell(self, handler: BaseHTTPRequestHandler, space: str) -> None:
        items = [{"namespace": space, "key": key, "value": text} for key, text in self.guests.get(space, {}).items()]
        if not items:
            return _send(handler, 404, error_body(404, "The resource 'guestAttributes' was not found", "notFound"))
        return _send(handler, 200, {"queryPath": f"{space}/", "queryValue": {"items": items}})


def _send(handler: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
    text = json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(text)))
    handler.end_headers()
    handler.wfile.write(text)


def sign_in(folder: Path, plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives this process and its children the credentials that gcloud leaves behind, with a token that is valid."""
    account = {
        "type": "authorized_user",
        "client_id": "1",
        "client_secret": "kept secret",
        "refresh_token": "refreshing secret",
        "token": "secret token",
        "expiry": "2999-01-01T00:00:00",
        "quota_project_id": PROJECT,
    }
    (folder / "account.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(folder / "account.json"))
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE", f"{plane.url}/compute/v1/")
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
