"""What a user does with activation stores in NumPy, by docs/activations.md alone.

states_in_numpy.py read STORE OUT        every state as float32 and every token, in files that hold nothing else
states_in_numpy.py plant SOURCE TARGET DTYPE   two stores of states from elsewhere, the target's a linear map of the source's
"""

import json
import sys
from pathlib import Path

import numpy as np


def read(store, out):
    index = json.loads((store / "index.json").read_text(encoding="utf-8"))
    texts = [json.loads(line)["text"] for line in (store / "texts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(texts) == sum(shard["texts"] for shard in index["shards"])
    tokens, states = [], {layer: [] for layer in index["layers"]}
    for number, shard in enumerate(index["shards"]):
        table = np.load(store / f"shard-{number:05}.tokens.npy", mmap_mode="r")
        assert table.dtype == np.int32 and table.shape == (shard["rows"], 4)
        tokens.append(table)
        for layer, parts in states.items():
            part = np.load(store / f"shard-{number:05}.layer-{layer}.npy", mmap_mode="r")
            assert part.shape == (shard["rows"], index["model"]["d_model"])
            assert part.dtype == {"f32": np.float32, "bf16": np.uint16, "f16": np.float16}[index["dtype"]]
            if index["dtype"] == "bf16":
                part = (part.astype(np.uint32) << 16).view(np.float32)
            parts.append(part.astype(np.float32))
    np.concatenate(tokens).tofile(out / "tokens")
    for layer, parts in states.items():
        np.concatenate(parts).tofile(out / f"layer-{layer}")


def write(store, texts, ends, states, dtype):
    """ends: of each text, the character behind each token. states: all tokens' rows, [rows, width]."""
    store.mkdir()
    rows = [[text, place, 0 if place == 0 else of_text[place - 1], of_text[place]]
            for text, of_text in enumerate(ends) for place in range(len(of_text))]
    if dtype == "bf16":  # to the nearest, ties up
        states = ((states.astype(np.float32).view(np.uint32) + 0x8000) >> 16).astype(np.uint16)
    else:
        states = states.astype({"f32": np.float32, "f16": np.float16}[dtype])
    np.save(store / "shard-00000.tokens.npy", np.array(rows, dtype=np.int32))
    np.save(store / "shard-00000.layer-1.npy", states)
    (store / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    model = {"name": "Elsewhere " + store.name, "architecture": "llama", "fingerprint": store.name, "d_model": states.shape[1],
             "n_layers": 3}
    index = {"format": "contrans-activations", "version": 1, "complete": True, "model": model, "layers": [1],
             "position": "all", "dtype": dtype, "shards": [{"texts": len(texts), "rows": len(rows)}]}
    (store / "index.json").write_text(json.dumps(index), encoding="utf-8")


def plant(source, target, dtype):
    random = np.random.default_rng(1)
    texts = [" ".join(random.choice(["ör", "ship", "late", "rain", "and", "over"], 9)) + f" {i}." for i in range(60)]
    ends = [[i for i, c in enumerate(text) if c == " "] + [len(text)] for text in texts]
    rows = random.normal(size=(sum(map(len, ends)), 24))
    write(source, texts, ends, rows, dtype)
    write(target, texts, ends, rows @ random.normal(size=(24, 16)) + random.normal(size=16), dtype)


if sys.argv[1] == "read":
    read(Path(sys.argv[2]), Path(sys.argv[3]))
else:
    plant(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
