"""Servers under test, requests to them, and vectors to steer by: what bench/serve and bench/soak share."""

import http.client
import json
import random
import socket
import struct
import subprocess
import time
from pathlib import Path

from reading import ROOT, corpus_texts, fetched_models


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.rstrip("\n")


def fetched(model):
    """The model's path."""
    return fetched_models(model)[model]


def write_vector(path, width, layer, length, seed):
    """A control vector of one layer as other engines write them (GGUF 3), so that its usual dose is 1."""
    rng = random.Random(seed)
    values = [rng.gauss(0, 1) for _ in range(width)]
    norm = sum(value * value for value in values) ** 0.5
    text = lambda string: struct.pack("<Q", len(string)) + string.encode()
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text("general.architecture") + struct.pack("<I", 8) + text("controlvector")
    head += text(f"direction.{layer}") + struct.pack("<IQIQ", 1, width, 0, 0)
    head += b"\0" * (-len(head) % 32)
    path.write_bytes(head + struct.pack(f"<{width}f", *(value / norm * length for value in values)))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server; ends with the `with` block."""

    def __init__(self, command, port, log):
        self.log = open(log, "w", encoding="utf-8")
        self.port = port
        self.process = subprocess.Popen([str(part) for part in command], stdout=self.log, stderr=self.log)

    def __enter__(self):
        for _ in range(1200):
            if self.process.poll() is not None:
                raise SystemExit(f"{self.log.name}: the server ended")
            try:
                if self.ask("GET", "/health")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit(f"{self.log.name}: the server does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def ask(self, method, path, body=None):
        """Status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            connection.request(method, path, body if body is None or isinstance(body, bytes) else json.dumps(body),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def stream(self, body, stop_after=None):
        """Status, seconds to the first event with text, events; `stop_after` events the connection is dropped."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        began = time.monotonic()
        first, events = None, 0
        try:
            connection.request("POST", "/v1/completions", json.dumps(body | {"stream": True}),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            while answer.status == 200 and (line := answer.readline()):
                if not line.startswith(b"data: {"):
                    continue
                first = first or time.monotonic() - began
                events += 1
                if stop_after is not None and events >= stop_after:
                    break
            return answer.status, first, events
        finally:
            connection.close()

    def resident(self):
        """Bytes of memory that are in RAM."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * 4096


def contrans_server(options, model, vectors, log, slots, context, *more):
    port = free_port()
    return Server([options.contrans, "serve", "--model", model, "--vectors", vectors, "--port", port, "--slots", slots, "--ctx",
                   context, "--threads", options.threads, "--queue", 1000, "--quiet", *more], port, log)


def llama_server(options, model, log, slots, context, *more):
    port = free_port()
    return Server([options.llama_server, "-m", model, "--port", port, "-np", slots, "-c", slots * context, "-t",
                   options.threads, "-b", 512, *more], port, log)


def prompts(n, seed):
    """n texts of the corpus, each with a beginning of its own, so that no cache helps."""
    texts = corpus_texts(2000)
    rng = random.Random(seed)
    return [f"{rng.randrange(10**9)}: {text}" for text in rng.sample(texts, n)]
