"""Whether a text obeys a constraint: the rules that data/concepts/instruction-following/README.md states in words.

They serve to check the hand-written replies, so that no reply that is called obedient breaks its rule.
"""

import json
import re

# How a constraint is named in the sources, KIND or KIND:VALUE, and how its value is called in the task files.
NUMBERS = {
    "max_words": "words",
    "min_words": "words",
    "sentences": "count",
    "bullets": "count",
    "numbered": "count",
    "paragraphs": "count",
}
LISTS = {"json": "keys", "keyword": "words", "forbidden": "words"}
TEXTS = {"ends_with": "text", "starts_with": "text", "language": "language"}
PLAIN = ("all_caps", "all_lowercase", "quoted", "no_commas")

# The commonest small words: a text is in the language whose list holds most of its words.
SMALL_WORDS = {
    "de": "der die das den dem des ein eine einen einem einer und oder aber nicht ist sind war hat haben wird "
    "werden ich du er sie es wir ihr mein meine mit von zu zum zur im in auf für aus bei nach um wie was wo "
    "wer auch nur sehr weil",
    "en": "the a an and or but not is are was were has have had will would i you he she it we they my your his her "
    "with of to in on for from at by as that this there what who where when how also only very because",
    "es": "el la los las un una unos y o pero no es son está están era ha han he yo tú él ella nosotros mi mis su "
    "sus con de del a al en por para que se lo le hay como muy más también porque cuando donde",
    "fr": "le la les un une des et ou mais ne pas est sont était a ont je tu il elle nous vous ils mon ma mes son "
    "sa ses avec de du à au aux en dans sur pour par que qui se ce c j l d n y très plus aussi parce quand où",
    "it": "il lo la i gli le un uno una e o ma non è sono era ha hanno ho io tu lui lei noi mio mia miei suo sua "
    "con di del della dello dei a al alla in nel nella sul per che si c da dal dalla molto più anche perché "
    "quando dove",
}

WORDS = re.compile(r"[A-Za-z0-9_\xc0-\u1fff\u2070-\u2fff\u3040-\uffff]+")
SENTENCE_END = re.compile(r"[.!?]+[\"')\]]*(?=\s|$)")
BULLET = re.compile(r"^\s*[-*•]\s+\S", re.MULTILINE)
NUMBER = re.compile(r"^\s*(\d+)[.)]\s+\S", re.MULTILINE)
FENCE = re.compile(r"^```(?:json)?\s*|\s*```$", re.IGNORECASE)


def constraint_from(named):
    kind, _, value = named.partition(":")
    if kind in NUMBERS:
        return {"kind": kind, NUMBERS[kind]: int(value)}
    if kind in LISTS:
        return {"kind": kind, LISTS[kind]: value.split(",")}
    if kind in TEXTS:
        return {"kind": kind, TEXTS[kind]: value}
    if kind in PLAIN and not value:
        return {"kind": kind}
    raise ValueError(f"constraint: must be one of the known kinds, not {named!r}")


def words_of(text):
    return WORDS.findall(text.lower())


def sentences_of(text):
    return [part for part in SENTENCE_END.split(text) if words_of(part)]


def paragraphs_of(text):
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]


def language_of(text):
    """None where no list holds two of the words, or two lists hold equally many."""
    words = words_of(text)
    hits = sorted(((sum(w in small.split() for w in words), name) for name, small in SMALL_WORDS.items()), reverse=True)
    return hits[0][1] if hits[0][0] >= 2 and hits[0][0] > hits[1][0] else None


def is_object_with(keys, text):
    try:
        value = json.loads(FENCE.sub("", text.strip()))
    except ValueError:
        return False
    return isinstance(value, dict) and all(key in value for key in keys)


def bare(text):
    return text.strip().strip('"').strip().lower()


RULES = {
    "max_words": lambda c, text: len(words_of(text)) <= c["words"],
    "min_words": lambda c, text: len(words_of(text)) >= c["words"],
    "sentences": lambda c, text: len(sentences_of(text)) == c["count"],
    "bullets": lambda c, text: len(BULLET.findall(text)) == c["count"],
    "numbered": lambda c, text: [int(n) for n in NUMBER.findall(text)] == list(range(1, c["count"] + 1)),
    "paragraphs": lambda c, text: len(paragraphs_of(text)) == c["count"],
    "json": lambda c, text: is_object_with(c["keys"], text),
    "keyword": lambda c, text: all(word.lower() in text.lower() for word in c["words"]),
    "forbidden": lambda c, text: not any(word.lower() in words_of(text) for word in c["words"]),
    "ends_with": lambda c, text: bare(text).endswith(c["text"].lower()),
    "starts_with": lambda c, text: bare(text).startswith(c["text"].lower()),
    "language": lambda c, text: language_of(text) == c["language"],
    "all_caps": lambda c, text: bool(re.search("[A-Z]", text)) and not re.search("[a-z]", text),
    "all_lowercase": lambda c, text: bool(re.search("[a-z]", text)) and not re.search("[A-Z]", text),
    "quoted": lambda c, text: len(text.strip()) > 1 and text.strip()[0] == text.strip()[-1] == '"',
    "no_commas": lambda c, text: "," not in text,
}


def obeys(constraint, text):
    """The strict reading of an answer that is not empty."""
    return bool(text.strip()) and RULES[constraint["kind"]](constraint, text)
