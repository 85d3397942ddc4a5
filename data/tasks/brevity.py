"""Brevity: answers to the point against long-winded ones, and tasks that the length of a choice does not decide.

A row of scenarios/brevity/questions-pairs.txt: question | short answer | long-winded answer. A row of questions-dev.txt
and questions-test.txt: question | answer that could end there. A row of wordings-*.txt: beginning of a sentence |
concise end | beginning of a wordy end of the same length.
"""

from tasks.writing import DATA, choice_item, fill, read_lines, read_rows, shuffled, write_jsonl, write_text

SOURCES = DATA / "scenarios" / "brevity"
FOLDER = DATA / "concepts" / "brevity"

REFINEMENT_FRAMES = ["Asked: {s}\nAnswered: ", "{s}\n", "{s} - ", "Somebody wanted to know: {s}\nReply: ", "{s}\n\n"]

# {s}: question. What announces a short or a long answer, of like length; they take turns.
ANNOUNCEMENTS = [
    ("In short,", "At length,"),
    ("To be brief,", "To be thorough,"),
    ("Here is the short answer:", "Here is the long answer:"),
    ("In a word,", "In great detail,"),
    ("Briefly put,", "Broadly put,"),
    ("I'll be quick:", "I'll go slowly:"),
    ("Just a few words:", "A few more words:"),
]
ANNOUNCING_TEMPLATES = {
    "announce-q-a": "Q: {s}\nA:",
    "announce-guest": "The host was asked: \"{s}\" He replied:",
    "announce-interview": "Interview, part two.\n\nInterviewer: {s}\nGuest:",
}
# {s}: question, {a}: answer, complete but for its full stop; then what ends it and what carries on.
ENDING_TEMPLATES = {
    "end-q-a": ("Q: {s}\nA: {a}", ".", ","),
    "end-notes": ("Notes from the interview\nQuestion: {s}\nAnswer: {a}", ".", ","),
    # The demonstrations carry on, so that a model that ends of itself has something left to gain.
    "shots-end-long": (
        "Q: Where do you live?\nA: I live in Turin, and I have lived there since my studies, which is a long time.\n\n"
        "Q: Who baked this?\nA: My cousin baked it, who bakes every weekend, and mostly for other people.\n\n"
        "Q: {s}\nA: {a}",
        ".",
        ",",
    ),
}
WORDING_TEMPLATES = {"wording-bare": "{s}", "shots-wording": "Tom came by on his way home. The tea was cold.\n{s}"}


def read_questions(half):
    return shuffled(read_rows(SOURCES / f"questions-{half}.txt", {2}), f"brevity/{half}")


def pairs(is_matched):
    """Every question once. Matched: the long-winded answer is cut after as many words as the short one has."""
    found = []
    for i, row in enumerate(shuffled(read_rows(SOURCES / "questions-pairs.txt", {3}), "brevity/pairs")):
        question, short, long = row
        opening = fill(REFINEMENT_FRAMES[i % len(REFINEMENT_FRAMES)], question)
        if is_matched:
            n = len(short.split())
            short, long = short.rstrip(".?!"), " ".join(long.split()[:n]).rstrip(",.;:")
        found.append({"positive": opening + short, "negative": opening + long})
    return found


def announcing_items(half):
    groups = list(ANNOUNCING_TEMPLATES)
    found = []
    for i, (question, _) in enumerate(read_questions(half)):
        group = groups[i % len(groups)]
        short, long = ANNOUNCEMENTS[i % len(ANNOUNCEMENTS)]
        prompt = fill(ANNOUNCING_TEMPLATES[group], question)
        found.append(choice_item(prompt, f" {short}", f" {long}", (i // len(groups)) % 2, group))
    return found


def ending_items(half):
    groups = list(ENDING_TEMPLATES)
    found = []
    for i, (question, answer) in enumerate(read_questions(half)):
        group = groups[(i + 1) % len(groups)]
        template, end, on = ENDING_TEMPLATES[group]
        prompt = fill(template, question).replace("{a}", answer)
        found.append(choice_item(prompt, end, on, (i // len(groups) + 1) % 2, group))
    return found


def wording_items(half):
    groups = list(WORDING_TEMPLATES)
    found = []
    for i, row in enumerate(shuffled(read_rows(SOURCES / f"wordings-{half}.txt", {3}), f"brevity/wordings-{half}")):
        beginning, concise, wordy = row
        group = groups[i % len(groups)]
        prompt = fill(WORDING_TEMPLATES[group], beginning)
        found.append(choice_item(prompt, f" {concise}", f" {wordy}", (i // len(groups)) % 2, group))
    return found


def write():
    write_jsonl(FOLDER / "pairs.jsonl", pairs(is_matched=False))
    write_jsonl(FOLDER / "pairs_matched.jsonl", pairs(is_matched=True))
    for half in ("dev", "test"):
        write_jsonl(FOLDER / f"{half}.jsonl", announcing_items(half) + ending_items(half) + wording_items(half))
    write_text(FOLDER / "prompts.txt", "".join(line + "\n" for line in read_lines(SOURCES / "questions-free.txt")))
