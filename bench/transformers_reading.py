"""Reads texts with transformers: run by transformers_rows.py in the environment that bench/peers makes.

First compares its states with contrans' and prints the least cosine of each layer; then, for every line "batched" or
"single" on stdin, reads the texts that way and prints how many texts it read in how many seconds.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = os.environ["TQDM_DISABLE"] = "1"

import numpy
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

BATCH = 32
COMPARED_TEXTS = 64
# The loop takes the same time for each text: fewer do.
SINGLE_TEXTS = 150


class Reader:
    def __init__(self, model, deepest):
        location, file = str(model.parent), model.name
        self.tokenizer = AutoTokenizer.from_pretrained(location, gguf_file=file)
        whole = AutoModelForCausalLM.from_pretrained(location, gguf_file=file, dtype=torch.bfloat16,
                                                     quantization_config=GgufConfig(dequantize=True))
        self.model = whole.model.eval()  # without the output head, as contrans reads
        self.layers = slice(1, deepest + 2)  # hidden_states[k + 1] is the state after block k

    @torch.inference_mode()
    def single(self, token_lists):
        """Last tokens' states [texts, layers, d]: one text a forward pass."""
        states = []
        for tokens in token_lists:
            hidden = self.model(torch.tensor([tokens]), output_hidden_states=True, use_cache=False).hidden_states
            states.append(torch.stack([layer[0, -1] for layer in hidden[self.layers]]))
        return torch.stack(states)

    @torch.inference_mode()
    def batched(self, token_lists):
        """The same in batches of texts of like length, padded behind."""
        states = [None] * len(token_lists)
        order = sorted(range(len(token_lists)), key=lambda text: len(token_lists[text]))
        for begin in range(0, len(order), BATCH):
            batch = order[begin:begin + BATCH]
            longest = len(token_lists[batch[-1]])
            tokens = torch.tensor([token_lists[text] + [0] * (longest - len(token_lists[text])) for text in batch])
            mask = torch.tensor([[1] * len(token_lists[text]) + [0] * (longest - len(token_lists[text])) for text in batch])
            hidden = self.model(tokens, attention_mask=mask, output_hidden_states=True, use_cache=False).hidden_states
            last = torch.tensor([len(token_lists[text]) - 1 for text in batch])
            rows = torch.stack([layer[torch.arange(len(batch)), last] for layer in hidden[self.layers]], dim=1)
            for text, row in zip(batch, rows):
                states[text] = row
        return torch.stack(states)


def least_cosines(states, store):
    """Per layer the least cosine over the texts of the store's first shard."""
    result = {}
    for layer in range(states.shape[1]):
        ours = torch.from_numpy(numpy.load(store / f"shard-00000.layer-{layer}.npy"))[:len(states)]
        cosines = torch.nn.functional.cosine_similarity(ours, states[:len(ours), layer].float())
        result[layer] = round(cosines.min().item(), 5)
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--states", type=Path, required=True)
    parser.add_argument("--deepest", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()

    reader = Reader(args.model, args.deepest)
    lines = args.texts.read_text(encoding="utf-8").rstrip("\n").split("\n")
    tokens = [reader.tokenizer(json.loads(line)["text"])["input_ids"] for line in lines]
    print(json.dumps(least_cosines(reader.batched(tokens[:COMPARED_TEXTS]), args.states)), flush=True)
    ways = {"batched": (reader.batched, tokens), "single": (reader.single, tokens[:SINGLE_TEXTS])}
    for line in sys.stdin:
        read, texts = ways[line.strip()]
        start = time.monotonic()
        read(texts)
        print(json.dumps({"texts": len(texts), "seconds": time.monotonic() - start}), flush=True)


if __name__ == "__main__":
    main()
