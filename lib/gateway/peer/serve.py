"""Serves TensorZero's own gateway, as its Python package embeds it, over HTTP: for npm run gateway:diff -- --real.

    serve.py <config file or glob> <ClickHouse's address>

It prints its address and ends when its input does. The package serves only /openai/v1 itself; that, and what neither knows,
goes through byte for byte. The native routes go through the package's client; /status and /health are answered here. What
does not come from TensorZero's engine says so in the header x-peer.
"""

import json
import sys
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from urllib.parse import urlsplit

import dacite
import tensorzero
from tensorzero import types

# The client makes objects of what its engine answers; here the JSON itself is wanted.
types.parse_inference_response = types.parse_inference_chunk = lambda answer: answer
dacite.from_dict = lambda data_class, data, config=None: data

from tensorzero.tensorzero import _start_http_gateway  # noqa: E402

VERSION = version("tensorzero")
config_file, clickhouse_url = sys.argv[1:]
client = tensorzero.TensorZeroGateway.build_embedded(config_file=config_file, clickhouse_url=clickhouse_url)
openai = _start_http_gateway(
    config_file=config_file, clickhouse_url=clickhouse_url, postgres_url=None, valkey_url=None, async_setup=False
)
engine = urlsplit(openai.base_url).netloc


def feedback(**body):
    return {"feedback_id": str(client.feedback(**body).feedback_id)}


NATIVE = {
    "/inference": client.inference,
    "/feedback": feedback,
    "/v1/inferences/list_inferences": lambda **body: client.list_inferences(request=body),
    "/v1/inferences/get_inferences": client.get_inferences,
}
OWN = {
    "/status": {"status": "ok", "version": VERSION, "config_hash": "0"},
    "/health": {"gateway": "ok", "clickhouse": "ok", "postgres": "ok", "valkey": "ok", "valkey_cache": "ok"},
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers.get("content-length") or 0)))

    def answer(self, body):
        if self.command == "GET" and self.path in OWN:
            self.send_json(200, OWN[self.path], client=True)
        elif self.command == "POST" and self.path in NATIVE:
            self.call(NATIVE[self.path], body)
        else:
            self.pass_on(body)

    def call(self, method, body):
        try:
            answer = method(**json.loads(body))
        except tensorzero.TensorZeroError as error:
            self.send(error.status_code, "application/json", error.text.encode())
        except Exception as error:  # The client did not take the arguments: its engine never saw them.
            self.send_json(400, {"error": f"{type(error).__name__}: {error}"}, client=True)
        else:
            if isinstance(answer, dict):
                self.send_json(200, answer)
            else:
                self.send_stream(answer)

    def send_stream(self, chunks):
        events = []
        while True:
            try:
                events.append(json.dumps(next(chunks)))
            except StopIteration:
                break
            except tensorzero.TensorZeroError as error:  # An answer that breaks off still has an end.
                events.append(error.text)
        text = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"])
        self.send(200, "text/event-stream", text.encode())

    def pass_on(self, body):
        connection = HTTPConnection(engine)
        connection.request(self.command, self.path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        self.send(answer.status, answer.headers.get("content-type"), answer.read())
        connection.close()

    def send_json(self, status, value, client=False):
        self.send(status, "application/json", json.dumps(value).encode(), client=client)

    def send(self, status, content_type, body, client=False):
        self.send_response(status)
        self.send_header("content-type", content_type or "text/plain")
        self.send_header("content-length", str(len(body)))
        # TensorZero's server adds it to every answer; what the package serves itself lacks it.
        self.send_header("x-tensorzero-gateway-version", VERSION)
        if client:
            self.send_header("x-peer", "client")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
sys.stdin.read()
