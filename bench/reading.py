"""The corpus' texts, and how fast `contrans harvest` reads them."""

import json
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "data" / "corpus" / "mixed.jsonl"
CORPORA = [ROOT / "data" / "corpus" / f"{name}.jsonl" for name in ("feelings", "manners", "mixed")]  # the demo's, for maps


def fetched_models(*names):
    """The models' paths by name; fetched where they are not cached."""
    paths = subprocess.run([ROOT / "scripts/fetch-models", *names], check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(zip(names, paths.rstrip("\n").split("\n")))


def corpus_texts(n):
    """The first n texts on one line each; past the corpus' end they begin again."""
    # Not splitlines(): the texts hold U+2028 and its like.
    lines = [json.loads(line)["text"] for line in CORPUS.read_text(encoding="utf-8").rstrip("\n").split("\n")]
    single = [" ".join(text.split()) for text in lines]
    return (single * (n // len(single) + 1))[:n]


def write_texts(path, texts):
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")


class Harvest:
    """Runs `contrans harvest` on the first n texts of the corpus, last tokens, layers 0 to `deepest`."""

    def __init__(self, options, folder, model, deepest, n):
        self.options, self.model, self.deepest, self.n = options, model, deepest, n
        self.folder = Path(folder)
        write_texts(self.folder / "texts.jsonl", corpus_texts(n))
        write_texts(self.folder / "one.jsonl", corpus_texts(1))
        self.read("one")  # expands slow quants, once for all runs

    def read(self, texts):
        """Seconds and tokens of one run from nothing."""
        states = self.folder / "states"
        shutil.rmtree(states, ignore_errors=True)
        command = [self.options.contrans, "harvest", "--model", self.model, "--texts", self.folder / f"{texts}.jsonl",
                   "--layers", f"0:{self.deepest}", "--out", states, "--threads", str(self.options.threads), "--json", "--quiet"]
        result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        return result["seconds"], result["tokens_read"]

    def reading_seconds(self):
        """Without start-up, which a run on one text shows: peers' loading does not count either."""
        start_up, _ = self.read("one")
        seconds, tokens = self.read("texts")
        return seconds - start_up, tokens

    def tokens_rate(self):
        seconds, tokens = self.reading_seconds()
        return tokens / seconds

    def texts_rate(self):
        return self.n / self.reading_seconds()[0]
