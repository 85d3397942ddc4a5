"""Rows against contrans itself with a lever off, as contrans_levers measures them."""

import json
import subprocess

from alternation import Row, say
from reading import CORPUS

GOALS = {"shared-prefixes": 6, "observing": 0.95}
DEEPEST = 22


def run(options, name):
    command = [options.levers, "--model", options.models["smollm2"], "--deepest", str(DEEPEST), "--texts", CORPUS, "--rows", name,
               "--rounds", str(options.rounds), "--threads", str(options.threads)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def lever(options, name):
    result = run(options, name)
    ours, other = result["ours"], result["other"]
    say(f"{name}: {ours['label']}, against: {other['label']}")
    return Row(name, result["unit"], ours["rates"], other["rates"], GOALS.get(name))


def expansion_change(options):
    """Median over texts of the relative change of the last token's state, by layer."""
    changes = run(options, "expansion-change")["relative_change"]
    return "\n".join(["| layer | relative change |", "| ----- | --------------- |"] +
                     [f"| {layer:5} | {100 * change:14.2f}% |" for layer, change in enumerate(changes)])
