"""Rows against llama.cpp's own tools, built from the source that contrans links."""

import json
import subprocess
import time
from pathlib import Path

from alternation import Row, alternate
from reading import Harvest, corpus_texts


def llama_bench(options, folder, name, deepest, texts, goal):
    """Tokens a second to 75% of the depth against llama-bench's pp512 on the same file. Loading counts for neither."""
    model = options.models[name]
    harvest = Harvest(options, folder, model, deepest, texts)
    command = [options.llama_bench, "-m", model, "-p", "512", "-n", "0", "-r", "2", "-t", str(options.threads), "-o", "json"]

    def peer():
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        return json.loads(output)[0]["avg_ts"]

    return alternate(Row(f"llama-bench-{name}", "tokens/s", goal=goal), harvest.tokens_rate, peer, options.rounds)


def cvector(options, folder, texts=200):
    """Texts a second of `contrans refine` against llama-cvector-generator, mean difference at every layer.

    Start-up counts for both, and both read the same texts.
    """
    folder, model = Path(folder), options.models["smollm2"]
    write_pairs(folder / "pairs.jsonl", corpus_texts(texts))
    peers = corpus_texts(texts)
    (folder / "positive.txt").write_text("\n".join(peers[::2]) + "\n", encoding="utf-8")
    (folder / "negative.txt").write_text("\n".join(peers[1::2]) + "\n", encoding="utf-8")
    refine = [options.contrans, "refine", "--method", "mean", "--model", model, "--pairs", folder / "pairs.jsonl", "--out", folder / "ours.gguf",
              "--no-response", "--threads", str(options.threads), "--quiet"]
    generate = [options.cvector_generator, "-m", model, "--positive-file", folder / "positive.txt", "--negative-file",
                folder / "negative.txt", "--method", "mean", "-t", str(options.threads), "-o", folder / "peer.gguf"]
    seconds(refine)  # expands slow quants, once for all runs
    return alternate(Row("cvector", "texts/s", goal=8), lambda: texts / seconds(refine),
                     lambda: texts / seconds(generate), options.rounds)


def write_pairs(path, texts):
    with open(path, "w", encoding="utf-8") as out:
        for i, (positive, negative) in enumerate(zip(texts[::2], texts[1::2])):
            # The same corpus text must not stand in both classes.
            out.write(json.dumps({"positive": f"{positive} {i}", "negative": f"{negative} {i}"}) + "\n")


def seconds(command):
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start
