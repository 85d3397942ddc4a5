"""Variants of the first 40 test items of a concept, each changed in one way: concepts/VARIANTS.md describes them.

In each of the tests the first 40 items hold every template 5 times, and 8 scenarios of each other emotion or 20 answers
in each place.
"""

from typing import NamedTuple

from tasks import emotions, refusal, sentiment
from tasks.wordings import emotions as emotion_wordings
from tasks.wordings import refusal as refusal_wordings
from tasks.wordings import sentiment as sentiment_wordings
from tasks.wordings.insertions import AGAINST, INSISTENT_ADJECTIVE, INSISTENT_NOUN
from tasks.writing import DATA, fill, read_lines, read_rows, write_jsonl

ITEMS = 40
SCENARIOS = DATA / "scenarios"


class Original(NamedTuple):
    """A test item taken apart: its place (0-based), itself, the text that its template holds, and that template."""

    place: int
    item: dict
    text: str
    template: str

    def variant(self, prompt, **changed):
        return {**self.item, "prompt": prompt, **changed, "of": self.place + 1}

    def word(self):
        return self.item["choices"][self.item["answer"]].strip()


def originals(items, templates):
    found = []
    for place, item in enumerate(items[:ITEMS]):
        template = templates[item["group"]][-1]
        head, tail = template.split("{s}")
        text = item["prompt"][len(head) : len(item["prompt"]) - len(tail)]
        if fill(template, text) != item["prompt"]:
            raise ValueError(f"variants: a prompt must be its template filled, not {item['prompt']!r}")
        found.append(Original(place, item, text, template))
    return found


def turn(wordings, original):
    return wordings[original.place % len(wordings)]


def reports():
    """Each report as one paragraph, in the order of their files' names."""
    return [" ".join(read_lines(path)) for path in sorted((SCENARIOS / "neutral_reports").glob("*.txt"))]


def paraphrase(original, wordings):
    group, template = wordings.PARAPHRASES[original.item["group"]]
    return original.variant(fill(template, original.text), group=group)


def german(original, wordings, translations):
    group, template = wordings.GERMAN_TEMPLATES[original.item["group"]]
    choices = [" " + wordings.GERMAN_CHOICES[choice.strip()] for choice in original.item["choices"]]
    return original.variant(fill(template, translations[original.text]), choices=choices, group=group)


def against(original):
    instruction = turn(AGAINST, original).replace("{w}", original.word())
    return original.variant(f"{instruction}\n\n{original.item['prompt']}")


def long(original, texts):
    return original.variant(f"{turn(texts, original)}\n\n{original.item['prompt']}")


def suffix(original, emotion):
    form, _ = emotions.EVALUATION_TEMPLATES[original.item["group"]]
    wordings = INSISTENT_NOUN if form == emotions.NOUN else INSISTENT_ADJECTIVE
    insistence = turn(wordings, original).replace("{w}", emotions.EMOTIONS[emotion][form])
    return original.variant(fill(original.template, f"{original.text} {insistence}"))


def shared_variants(found, wordings, translations):
    """Those that every concept has."""
    texts = reports()
    return {
        "paraphrase": [paraphrase(original, wordings) for original in found],
        "german": [german(original, wordings, translations) for original in found],
        "long": [long(original, texts) for original in found],
        "against": [against(original) for original in found],
    }


def lines_beside(kind, name):
    """Lines of scenarios/KIND/NAME.txt, one for each test scenario."""
    path = SCENARIOS / kind / f"{name}.txt"
    lines = read_lines(path)
    if len(lines) != len(emotions.TEST):
        raise ValueError(f"{path}: must have {len(emotions.TEST)} lines, not {len(lines)}")
    return lines


def emotion_variants():
    scenarios = {name: read_lines(SCENARIOS / f"{name}.txt") for name in emotions.EMOTIONS}
    chats = {name: lines_beside("chat", name) for name in emotions.EMOTIONS}
    emotion_of = {lines[i]: name for name, lines in scenarios.items() for i in emotions.TEST}
    translations = {}
    for name, lines in scenarios.items():
        translations.update(zip((lines[i] for i in emotions.TEST), lines_beside("german", name)))
    for name in emotions.EMOTIONS:
        tests = emotions.emotion_items(name, scenarios, "test", emotions.TEST)
        found = originals(tests, emotions.EVALUATION_TEMPLATES)
        variants = shared_variants(found, emotion_wordings, translations)
        variants["suffix"] = [suffix(original, emotion_of[original.text]) for original in found]
        variants["chat"] = emotions.emotion_items(name, chats, "chat", range(len(emotions.TEST)))
        yield name, variants


def variants_with_translated_rows(name, items, templates, wordings):
    """Of a concept whose scenarios/german/NAME.txt has rows: text in the test | German text."""
    translations = dict(read_rows(SCENARIOS / "german" / f"{name}.txt", {2}))
    return name, shared_variants(originals(items, templates), wordings, translations)


def write():
    refused = refusal.items("test", refusal.HARMFUL)
    judged = sentiment.open_items("test")
    made = list(emotion_variants())
    made.append(variants_with_translated_rows("refusal", refused, refusal.TEMPLATES, refusal_wordings))
    made.append(variants_with_translated_rows("sentiment", judged, sentiment.TEMPLATES, sentiment_wordings))
    for name, variants in made:
        for variant, items in variants.items():
            write_jsonl(DATA / "concepts" / name / "variants" / f"{variant}.jsonl", items)
