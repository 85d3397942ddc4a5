#!/usr/bin/env python3
"""Writes data/corpus/mixed.jsonl, the texts on which maps are fitted, by sampling from the two demo models.

    python3 data/make_corpus.py build/release/contrans SMOLLM2.gguf GEMMA3.gguf

Every text comes from a model: SmolLM2 answers "write a short GENRE about TOPIC", Gemma continues a line that opens such
a text. Topics are data/corpus/topics.txt; genres are below. Sampling is seeded (temperature 1, top-p 0.95), so the same
binary, models and CPU write the same file. What repeats another text or shares a run of 8 words with a concept's texts
or the neutral texts is dropped.
"""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DATA = Path(__file__).resolve().parent
MAX_TOKENS = 40
FEWEST_WORDS = 8

# What SmolLM2 is asked for; prose and talk in the first person are frequent, as they are in what people write.
ASKED = [
    "diary entry in the first person", "dialogue between two people", "story opening in the past tense",
    "letter to a friend", "news paragraph", "chat message from somebody", "encyclopaedia paragraph",
    "set of numbered instructions", "list with dashes", "anecdote told in the first person", "product review",
    "question with its answer", "complaint to an office", "scene from a play", "warning notice",
    "confession in the first person", "poem", "advertisement", "speech", "text in French", "text in Spanish",
    "text in German", "text in Italian", "Python function", "JSON record", "email at work", "weather or travel note",
    "childhood memory in the first person", "joke", "description of a photograph",
]
# What Gemma continues.
OPENED = [
    "{T}\n\nI remember that", "Yesterday, because of {t},", "The history of {t} begins", "How to deal with {t}:\n1.",
    "\"What do you know about {t}?\" she asked.\n\"", "Dear diary, today {t}", "Review: {t}.", "# {T}\n\n", "My father and {t}:",
    "When we heard about {t}, everybody", "La historia de {t}:", "Notes on {t}:\n-",
]
ASKED_PER_TOPIC, OPENED_PER_TOPIC = 7, 3


def topics():
    return (DATA / "corpus" / "topics.txt").read_text(encoding="utf-8").splitlines()


def asked_prompts():
    for i, topic in enumerate(topics()):
        for k in range(ASKED_PER_TOPIC):
            genre = ASKED[(i * ASKED_PER_TOPIC + k) % len(ASKED)]
            yield [{"role": "user", "content": f"Write a short {genre} about {topic}. Begin at once."}], ""


def opened_prompts():
    for i, topic in enumerate(topics()):
        for k in range(OPENED_PER_TOPIC):
            opening = OPENED[(i * OPENED_PER_TOPIC + k) % len(OPENED)].format(t=topic, T=topic[:1].upper() + topic[1:])
            yield opening, opening


def lines_of(path):
    # Not splitlines(): models also write U+2028 and its like, which is no end of a JSON line.
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")


def sample(binary, model, prompts, seed):
    work = DATA.parent / "build" / "corpus"
    work.mkdir(parents=True, exist_ok=True)
    source, out = work / f"prompts-{seed}.jsonl", work / f"texts-{seed}.jsonl"
    source.write_text("".join(json.dumps({"prompt": p}, ensure_ascii=False) + "\n" for p, _ in prompts), encoding="utf-8")
    subprocess.run([binary, "generate", "--model", model, "--prompts", str(source), "--out", str(out), "--temperature", "1",
                    "--max-tokens", str(MAX_TOKENS), "--seed", str(seed), "--threads", "1"], check=True)
    return [json.loads(line)["text"] for line in lines_of(out)]


def words(text):
    return re.findall(r"\w+", text.lower())


def runs(text, n=8):
    w = words(text)
    return {tuple(w[i:i + n]) for i in range(max(1, len(w) - n + 1))}


def reserved_runs():
    found = set()
    for path in list(DATA.glob("concepts/*/*.jsonl")) + list(DATA.glob("neutral/*.txt")) + list(DATA.glob("scenarios/*.txt")):
        for line in lines_of(path):
            values = json.loads(line).values() if path.suffix == ".jsonl" else [line]
            for value in values:
                for text in value if isinstance(value, list) else [value]:
                    if isinstance(text, str) and len(words(text)) >= 8:
                        found |= runs(text)
    return found


def clean(texts):
    taken, kept = reserved_runs(), []
    for text in texts:
        text = text.strip()
        own = runs(text)
        if len(words(text)) < FEWEST_WORDS or "\ufffd" in text or own & taken:
            continue
        taken |= own
        kept.append(text)
    return kept


def main():
    binary, smollm2, gemma3 = sys.argv[1:4]
    asked, opened = list(asked_prompts()), list(opened_prompts())
    with ThreadPoolExecutor(2) as pool:
        answers = pool.submit(sample, binary, smollm2, asked, 11)
        continuations = pool.submit(sample, binary, gemma3, opened, 12)
        texts = answers.result() + [opening + text for (_, opening), text in zip(opened, continuations.result())]
    kept = clean(texts)
    with open(DATA / "corpus" / "mixed.jsonl", "w", encoding="utf-8") as out:
        for text in kept:
            out.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    print(f"{len(kept)} of {len(texts)} texts kept")


if __name__ == "__main__":
    main()
