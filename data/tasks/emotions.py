"""The six emotions: contrast pairs, choice tasks and one page each, from data/scenarios/EMOTION.txt."""

from tasks.writing import DATA, fill, read_lines, shuffled, write_jsonl, write_text

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
ITEMS_PER_OTHER_EMOTION = {"dev": 12, "test": 20, "chat": 8}

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

EMOTION_PAGE = """# {name}

The direction from the other five emotions to {name}, named as " {noun}" or " {adjective}".

| file | lines | what |
|---|---|---|
| `pairs.jsonl` | {pairs} | positive: a scenario of {name}; negative: one of another emotion (24 of each of the five), in the same of 6 templates, ending where the feeling would be named |
| `dev.jsonl` | {dev} | evaluation scenarios 121-144 of the other five emotions (12 of each), choice among six words, answer "{name}" |
| `test.jsonl` | {test} | the same with scenarios 145-180 (20 of each) |
| `variants/` | 6 x 40 | `paraphrase`, `german`, `long`, `suffix` and `against`: the first 40 lines of `test.jsonl`, changed in one way each; `chat`: messages in place of scenarios; see [VARIANTS.md](../VARIANTS.md) |

The scenarios evoke their emotion without naming it; they lie in `data/scenarios`, lines 1-120 for refinement. The 8
evaluation templates (`group`) differ from the refinement templates; 5 are zero-shot and 3 carry two short labelled
demonstrations. Half of them ask for the noun, half for the adjective.

The task asks whether steering changes the label that the model names: the prompts are of *other* emotions, so an
unsteered model should be near 0. It is no measure of emotion recognition, and the texts are no sample of how people
write about what they feel. `data/make_tasks.py` writes this folder.
"""


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


def write():
    scenarios = {name: read_lines(DATA / "scenarios" / f"{name}.txt") for name in EMOTIONS}
    for name in EMOTIONS:
        write_emotion(name, scenarios)
