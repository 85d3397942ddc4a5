#!/usr/bin/env python3
"""Writes data/concepts/*: contrast pairs, choice tasks and one page a concept, from data/scenarios and polite's texts.

Takes no argument and needs nothing beyond Python 3. Choices are ordered by a hash, not by a random generator, so that
every Python writes the same bytes: running it changes nothing unless a source text or this file changed.
"""

import hashlib
import json
from pathlib import Path

DATA = Path(__file__).resolve().parent
SEED = "contrans-tasks-1"

# emotion: (noun, adjective)
EMOTIONS = {
    "happiness": ("happiness", "happy"),
    "sadness": ("sadness", "sad"),
    "anger": ("anger", "angry"),
    "fear": ("fear", "afraid"),
    "disgust": ("disgust", "disgusted"),
    "surprise": ("surprise", "surprised"),
}

# Lines of each scenario file (0-based, end excluded): a scenario serves one purpose, in every concept.
REFINEMENT, DEVELOPMENT, TEST = range(0, 120), range(120, 144), range(144, 180)
ITEMS_PER_OTHER_EMOTION = {"dev": 12, "test": 20}

# A text ends where the feeling would be named: the state at its last token is the one that is read.
REFINEMENT_TEMPLATES = [
    "{s} At that moment the feeling inside was",
    "{s} If you asked me what I felt, I would say",
    "{s} The mood was one of",
    "{s} Everyone there could tell that it left a sense of",
    "Event: {s}\nInner state:",
    "{s} Deep down, the reaction was pure",
]

NOUN, ADJECTIVE = 0, 1
# group: (word form of the choices, prompt). The three last are few-shot; each emotion is demonstrated once among them.
EVALUATION_TEMPLATES = {
    "emotion-here": (NOUN, "{s} The emotion here is"),
    "text-label": (NOUN, "Text: {s}\nEmotion:"),
    "question": (NOUN, "Question: What does this person feel? {s}\nAnswer:"),
    "i-feel": (ADJECTIVE, "{s} I feel"),
    "makes-people": (ADJECTIVE, "{s} This makes people feel"),
    "shots-situation": (
        NOUN,
        "Situation: I won the spelling contest at school.\nFeeling: happiness\n\n"
        "Situation: A snake slid under our tent.\nFeeling: fear\n\n"
        "Situation: {s}\nFeeling:",
    ),
    "shots-i-felt": (
        ADJECTIVE,
        "My pen pal stopped writing to me. I felt sad.\n"
        "A deer walked into our classroom. I felt surprised.\n"
        "{s} I felt",
    ),
    "shots-writer": (
        ADJECTIVE,
        "Q: Someone keyed my new car. How does the writer feel?\nA: angry\n"
        "Q: There was mould on my sandwich. How does the writer feel?\nA: disgusted\n"
        "Q: {s} How does the writer feel?\nA:",
    ),
}

POLITE_TEMPLATES = {
    "customer": "Customer: {s}\nSupport:",
    "message": "Message: {s}\nReply:",
    "question": "Q: {s}\nA:",
    "writes": "A customer writes: \"{s}\" The support agent answers:",
    "chat": "Chat log\nVisitor: {s}\nAgent:",
    "ticket": "Ticket: {s}\nService desk:",
    "shot-customer": "Customer: When do you open on Saturdays?\nSupport: At nine in the morning.\n\n"
    "Customer: {s}\nSupport:",
    "shot-desk": "User: Where do I type the code?\nDesk: In the second box.\n"
    "User: Which form is it?\nDesk: The green one.\nUser: {s}\nDesk:",
}
POLITE_DEVELOPMENT, POLITE_TEST = range(0, 16), range(16, 40)

EMOTION_PAGE = """# {name}

The direction from the other five emotions to {name}, named as " {noun}" or " {adjective}".

| file | lines | what |
|---|---|---|
| `pairs.jsonl` | {pairs} | positive: a scenario of {name}; negative: one of another emotion (24 of each of the five), in the same of 6 templates, ending where the feeling would be named |
| `dev.jsonl` | {dev} | evaluation scenarios 121-144 of the other five emotions (12 of each), choice among six words, answer "{name}" |
| `test.jsonl` | {test} | the same with scenarios 145-180 (20 of each) |

The scenarios evoke their emotion without naming it; they lie in `data/scenarios`, lines 1-120 for refinement. The 8
evaluation templates (`group`) differ from the refinement templates; 5 are zero-shot and 3 carry two short labelled
demonstrations. Half of them ask for the noun, half for the adjective.

The task asks whether steering changes the label that the model names: the prompts are of *other* emotions, so an
unsteered model should be near 0. It is no measure of emotion recognition, and the texts are no sample of how people
write about what they feel. `data/make_tasks.py` writes this folder.
"""

POLITE_PAGE = """# polite

The direction from rude to polite answers of customer support.

| file | lines | what |
|---|---|---|
| `pairs.jsonl` | 40 | a polite and a rude answer to the same (unstated) complaint, whole texts: read them with the mean over tokens |
| `prompts.txt` | 40 | customers' messages, none of them behind a pair |
| `replies.jsonl` | 40 | a polite and a rude answer to the message on the same line |
| `dev.jsonl` | {dev} | messages 1-16, each in 2 of 8 templates (`group`), choice between the two replies, answer the polite one |
| `test.jsonl` | {test} | the same with messages 17-40 |

Two of the templates carry neutral exchanges before the message. The two replies differ in length and in more than their
manners, so the share unsteered is no 0.5: compare with the unsteered model. It says nothing about whether an answer is
right or helpful. The first three files are written by hand, the others by `data/make_tasks.py`.
"""


def read_lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def shuffled(items, purpose):
    """The items in an order that only the seed, the purpose and the items decide."""
    return sorted(items, key=lambda item: hashlib.sha256(f"{SEED}|{purpose}|{item}".encode()).digest())


def fill(template, text):
    return template.replace("{s}", text)


def refinement_pairs(name, scenarios):
    """120 pairs: every refinement scenario of the emotion once, against 24 of each other emotion, 20 a template."""
    positives = shuffled([scenarios[name][i] for i in REFINEMENT], f"{name}/positive")
    others = [other for other in EMOTIONS if other != name]
    negatives = {o: shuffled([scenarios[o][i] for i in REFINEMENT], f"{name}/negative/{o}") for o in others}
    pairs = []
    for i, positive in enumerate(positives):
        template = REFINEMENT_TEMPLATES[i % len(REFINEMENT_TEMPLATES)]
        negative = negatives[others[i % len(others)]][i // len(others)]
        pairs.append({"positive": fill(template, positive), "negative": fill(template, negative)})
    return pairs


def emotion_items(name, scenarios, half, lines):
    """Choice items on scenarios of the other emotions. Emotions and templates take turns, so that any first N items
    are balanced: 5 emotions and 8 templates have no common factor."""
    others = [other for other in EMOTIONS if other != name]
    texts = {o: shuffled([scenarios[o][i] for i in lines], f"{name}/{half}/{o}") for o in others}
    groups = list(EVALUATION_TEMPLATES)
    first = list(EMOTIONS).index(name)
    items = []
    for i in range(ITEMS_PER_OTHER_EMOTION[half] * len(others)):
        group = groups[(first + i) % len(groups)]
        form, template = EVALUATION_TEMPLATES[group]
        items.append(
            {
                "prompt": fill(template, texts[others[i % len(others)]][i // len(others)]),
                "choices": [" " + words[form] for words in EMOTIONS.values()],
                "answer": first,
                "group": group,
            }
        )
    return items


def polite_items(half, lines):
    """Two items a message, in two templates, the order of the replies alternating."""
    folder = DATA / "concepts" / "polite"
    prompts = read_lines(folder / "prompts.txt")
    replies = [json.loads(line) for line in read_lines(folder / "replies.jsonl")]
    groups = list(POLITE_TEMPLATES)
    items = []
    for turn, distance in enumerate((0, 3)):
        for i, line in enumerate(shuffled(lines, f"polite/{half}")):
            group = groups[(i + distance) % len(groups)]
            answer = (i // len(groups) + i + turn) % 2
            choices = [" " + replies[line]["polite"], " " + replies[line]["rude"]]
            items.append(
                {
                    "prompt": fill(POLITE_TEMPLATES[group], prompts[line]),
                    "choices": choices if answer == 0 else choices[::-1],
                    "answer": answer,
                    "group": group,
                }
            )
    return items


def write_jsonl(path, rows):
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_text(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


def write_emotion(name, scenarios):
    folder = DATA / "concepts" / name
    pairs = refinement_pairs(name, scenarios)
    dev = emotion_items(name, scenarios, "dev", DEVELOPMENT)
    test = emotion_items(name, scenarios, "test", TEST)
    write_jsonl(folder / "pairs.jsonl", pairs)
    write_jsonl(folder / "dev.jsonl", dev)
    write_jsonl(folder / "test.jsonl", test)
    noun, adjective = EMOTIONS[name]
    counts = {"pairs": len(pairs), "dev": len(dev), "test": len(test)}
    write_text(folder / "README.md", EMOTION_PAGE.format(name=name, noun=noun, adjective=adjective, **counts))


def write_polite():
    folder = DATA / "concepts" / "polite"
    dev, test = polite_items("dev", POLITE_DEVELOPMENT), polite_items("test", POLITE_TEST)
    write_jsonl(folder / "dev.jsonl", dev)
    write_jsonl(folder / "test.jsonl", test)
    write_text(folder / "README.md", POLITE_PAGE.format(dev=len(dev), test=len(test)))


def main():
    scenarios = {name: read_lines(DATA / "scenarios" / f"{name}.txt") for name in EMOTIONS}
    for name in EMOTIONS:
        write_emotion(name, scenarios)
    write_polite()


if __name__ == "__main__":
    main()
