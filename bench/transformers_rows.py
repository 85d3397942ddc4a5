"""Rows against transformers, which reads the same GGUF's weights in bf16 (transformers_reading.py)."""

import json
import subprocess
from pathlib import Path

from alternation import Row, alternate, say
from reading import Harvest

# The worst text's cosine at each layer: below it the peer would not be doing the same work.
LEAST_COSINE = 0.99


class Reader:
    """A Python of bench/peers that holds the model and reads when told to; loading it does not count."""

    def __init__(self, options, harvest):
        script = Path(__file__).resolve().parent / "transformers_reading.py"
        command = [options.peers_python, script, "--model", harvest.model, "--texts", harvest.folder / "texts.jsonl", "--states",
                   harvest.folder / "states", "--deepest", str(harvest.deepest), "--threads", str(options.threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        agreement = self.answer()
        say("cosines with contrans' states, least over texts, by layer: " +
            ", ".join(f"{layer}: {cosine:.4f}" for layer, cosine in agreement.items()))
        if min(agreement.values()) < LEAST_COSINE:
            raise SystemExit("transformers reads other states than contrans: no comparison")

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("transformers_reading.py ended without an answer; its message is above")
        return json.loads(line)

    def texts_rate(self, way):
        self.process.stdin.write(way + "\n")
        self.process.stdin.flush()
        answer = self.answer()
        return answer["texts"] / answer["seconds"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def transformers(options, folder, way, goal, texts=300):
    """`way`: "batched" (32 texts of like length a forward pass) or "single" (the paper's loop: one text a pass)."""
    harvest = Harvest(options, folder, options.models["smollm2"], 22, texts)
    harvest.read("texts")
    name = {"batched": "transformers-batched", "single": "transformers-one-by-one"}[way]
    with Reader(options, harvest) as reader:
        return alternate(Row(name, "texts/s", goal=goal), harvest.texts_rate, lambda: reader.texts_rate(way), options.rounds)
