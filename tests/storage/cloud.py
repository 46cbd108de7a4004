"""Cloud Storage on loopback: an emulator that keeps the objects, and a way for TensorFlow to reach it.

TensorFlow knows one address of Cloud Storage and no other; but its HTTP client honours `https_proxy` and
`CURL_CA_BUNDLE`. So a proxy on loopback ends the TLS of those addresses with a certificate that is made for the test,
and hands the requests to the emulator.
"""

import asyncio
import contextlib
import datetime
import json
import ssl
import threading
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from gcp_storage_emulator.server import create_server

from tests.remote.servers import accept_no_more, free_port

TOKEN = "ya29.nobody-else-may-read-this"
_HOSTS = ("storage.googleapis.com", "www.googleapis.com")
BUCKET = "studio-test"


@dataclass(frozen=True)
class Asked:
    """One request that TensorFlow made."""

    method: str
    target: str
    n_bytes: int
    """Of the answer's body."""


@dataclass(frozen=True)
class _Refusal:
    bucket: str
    status: int
    methods: frozenset[str]
    name: str
    words: str
    reason: str

    def fits(self, method: str, target: str) -> bool:
        if self.bucket != _bucket_of(target) or (self.methods and method not in self.methods):
            return False
        return urllib.parse.unquote(target.split("?")[0]).endswith(self.name)


class Cloud:
    """Objects in memory, in one bucket at first. Use as a context manager.

    Attributes:
      environment: What a process needs in order to find this cloud in the place of Google's.
      asked: What TensorFlow has asked for so far.
      credentials: What it has shown for it.
      damaged: Names of objects whose last byte is another one when they are fetched.
      disguised: Names of objects and what they are called in lists, in as many characters. The emulator keeps no object
        under a name that leads out of a folder; Google does.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: list[Asked] = []
        self.credentials: set[str] = set()
        self.damaged: set[str] = set()
        self.disguised: dict[str, str] = {}
        self._refusals: list[_Refusal] = []
        self._once_written: list[tuple[str, _Refusal]] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._serving: list[asyncio.Task[None]] = []

    def __enter__(self) -> "Cloud":
        self.port = free_port()
        self._emulator = create_server("127.0.0.1", self.port, in_memory=True, default_bucket=BUCKET)
        self._emulator.start()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._tls = _certified(self._folder / "ca.pem", self._folder / "server.pem")
        self._server = self._wait(asyncio.start_server(self._accept, "127.0.0.1", 0, limit=1 << 20))
        self._here = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self.environment = {
            "https_proxy": self._here,
            "CURL_CA_BUNDLE": str(self._folder / "ca.pem"),
            "GOOGLE_AUTH_TOKEN_FOR_TESTING": TOKEN,
            "NO_GCE_CHECK": "true",
            "GCS_RETRY_CONFIG_MAX_RETRIES": "0",
            "STORAGE_EMULATOR_HOST": self._here,  # for Google's own client, which speaks without TLS then
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._emulator.stop()

    def put(self, name: str, content: bytes, bucket: str = BUCKET) -> None:
        query = urllib.parse.urlencode({"uploadType": "media", "name": name})
        self._request(f"/upload/storage/v1/b/{bucket}/o?{query}", content)

    def get(self, name: str, bucket: str = BUCKET) -> bytes:
        return self._request(f"/{bucket}/{urllib.parse.quote(name)}")

    def names(self, start: str = "", bucket: str = BUCKET) -> list[str]:
        query = urllib.parse.urlencode({"prefix": start})
        listed = json.loads(self._request(f"/storage/v1/b/{bucket}/o?{query}"))
        return sorted(entry["name"] for entry in listed.get("items", ()))

    def refuse(
        self,
        bucket: str,
        status: int,
        *methods: str,
        name: str = "",
        words: str = "refused",
        reason: str = "",
        once_written: str = "",
    ) -> None:
        """Answers with a status whatever is asked of a bucket.

        Args:
          methods: Only to these, if given.
          name: Only of the object whose name ends so, if given.
          words: Google's own.
          reason: One of the words by which Google tells programs why.
          once_written: Not before an object whose name ends so has been written, if given.
        """
        refusal = _Refusal(bucket, status, frozenset(methods), name, words, reason)
        if once_written:
            self._once_written.append((once_written, refusal))
        else:
            self._refusals.append(refusal)

    def relent(self) -> None:
        """Answers everything again."""
        self._refusals.clear()
        self._once_written.clear()

    def _request(self, target: str, content: bytes | None = None) -> bytes:
        with urllib.request.urlopen(urllib.request.Request(self._here + target, content), timeout=30) as answer:
            return answer.read()

    def _wait(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _close(self) -> None:
        await accept_no_more(self._server.sockets)
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        for _ in range(4):  # rounds of the loop, in which what is aborted is closed
            await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._serving.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request, after it has ended the tunnel that TensorFlow asks for."""
        try:
            start, headers = await _head(reader)
            if not start.startswith("CONNECT "):
                await self._answer(start, headers, reader, writer, b"http")
            elif start.split()[1].split(":")[0] in _HOSTS:
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                await writer.drain()
                await writer.start_tls(self._tls)
                await self._answer(*await _head(reader), reader, writer, b"https")
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass  # the client has gone
        finally:
            writer.close()

    async def _answer(
        self,
        start: str,
        headers: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        scheme: bytes,
    ) -> None:
        method, target, _ = start.split()
        self.credentials.add(headers.get("authorization", ""))
        body = await _body(reader, writer, headers)
        refusals = (each for each in self._refusals if each.fits(method, target))
        if refusal := next(refusals, None):
            status = refusal.status
            told = {"code": status, "message": refusal.words}
            if refusal.reason:
                told["errors"] = [{"message": refusal.words, "domain": "global", "reason": refusal.reason}]
            content = json.dumps({"error": told}).encode()
            head = f"HTTP/1.0 {status} {HTTPStatus(status).phrase}\r\nContent-Length: {len(content)}\r\n"
            answer = f"{head}Content-Type: application/json\r\n\r\n".encode() + content
        else:
            answer = await self._forwarded(start, headers, body)
            answer = answer.replace(b"ocation: http:", b"ocation: " + scheme + b":", 1)  # where an upload goes on
            self._note_written(start, answer)
        if "alt=media" in target and urllib.parse.unquote(target.split("?")[0]).endswith(tuple(self.damaged)):
            answer = answer[:-1] + bytes([answer[-1] ^ 1])
        for name, shown in self.disguised.items():
            answer = answer.replace(json.dumps(name).encode(), json.dumps(shown).encode())
        self.asked.append(Asked(method, target, len(answer) - answer.index(b"\r\n\r\n") - 4))
        writer.write(answer)
        await writer.drain()

    def _note_written(self, start: str, answer: bytes) -> None:
        """What is refused once an object is written, is refused from now on if this was it."""
        if start.startswith(("POST", "PUT")) and answer.split(maxsplit=2)[1] == b"200":
            written = json.loads(answer.partition(b"\r\n\r\n")[2] or b"{}").get("name", "")
            due = [entry for entry in self._once_written if written.endswith(entry[0])]
            for entry in due:
                self._once_written.remove(entry)
                self._refusals.append(entry[1])

    async def _forwarded(self, start: str, headers: dict[str, str], body: bytes) -> bytes:
        kept = {key: value for key, value in headers.items() if key not in _OF_THE_BODY}
        kept |= {"content-length": str(len(body)), "connection": "close"}
        lines = [start, *(f"{key}: {value}" for key, value in kept.items()), "", ""]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        with contextlib.closing(writer):
            writer.write("\r\n".join(lines).encode("latin1") + body)
            await writer.drain()
            return await reader.read(-1)


_OF_THE_BODY = ("transfer-encoding", "expect", "connection", "content-length")


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    start, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
    parted = (line.partition(":") for line in lines if line)
    return start, {key.lower(): value.strip() for key, _, value in parted}


async def _body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: dict[str, str]) -> bytes:
    """TensorFlow sends a length and chunks at once; the chunks hold (RFC 9112), and emulators do not know that."""
    if "100-continue" in headers.get("expect", ""):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
    if "chunked" not in headers.get("transfer-encoding", ""):
        return await reader.readexactly(int(headers.get("content-length", 0)))
    content = bytearray()
    while size := int((await reader.readline()).split(b";")[0], 16):
        content += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return bytes(content)


def _bucket_of(target: str) -> str:
    parts = target.split("?")[0].split("/")
    return (parts[parts.index("b") + 1 :] or [""])[0] if "b" in parts[:5] else parts[1]


def _certified(authority: Path, server: Path) -> ssl.SSLContext:
    """A server's side of TLS for `_HOSTS`; `authority` is the file that a client has to trust."""
    now = datetime.datetime.now(datetime.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("test authority", _HOSTS[0])]
    certificates = []
    for name, key, is_authority in zip(names, keys, (True, False), strict=True):
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(names[0])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if not is_authority:
            alternative = x509.SubjectAlternativeName([x509.DNSName(host) for host in _HOSTS])
            builder = builder.add_extension(alternative, critical=False)
        certificates.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    authority.write_bytes(certificates[0])
    private = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server.write_bytes(private + certificates[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    return context
