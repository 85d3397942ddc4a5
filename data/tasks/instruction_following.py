"""Instruction following: replies that obey a constraint which code can check, against replies that ignore it.

A row of scenarios/instruction-following/requests-pairs.txt: request | constraint | obeying reply | ignoring reply.
A row of requests-dev.txt and requests-test.txt: question | first demand | its constraint | second demand | its
constraint | reply to the first | reply to the second. A row of constraints-*.txt: request | constraint.
"""

from tasks.rules.constraints import SMALL_WORDS, constraint_from, obeys
from tasks.writing import DATA, choice_item, fill, read_rows, shuffled, write_jsonl

SOURCES = DATA / "scenarios" / "instruction-following"
FOLDER = DATA / "concepts" / "instruction-following"

# {s}: the request; the reply follows.
REFINEMENT_FRAMES = [
    "Instruction: {s}\nReply: ",
    "{s}\n\n",
    "Client: {s}\nWriter: ",
    "[request] {s}\n[reply] ",
    "The order was: {s}\nThis came back: ",
    "# {s}\n",
]

TEMPLATES = {
    "q-a": "Q: {s}\nA:",
    "user": "User: {s}\nAssistant:",
    "task": "Task: {s}\nSolution:",
    "response": "### Instruction:\n{s}\n\n### Response:",
    "teacher": "The teacher said: \"{s}\"\nThe pupil wrote:",
    "exercise": "Exercise 4. {s}\nModel answer:",
    # Shots: one obeys, one does not, so that they show the form and leave open what is done.
    "shots-user": "User: What is wood for? Use three words.\nAssistant: Fires and furniture.\n\n"
    "User: What is a pond? Write in capitals.\nAssistant: A small lake.\n\nUser: {s}\nAssistant:",
    "shots-form": "Form 1: Who cuts hair? Do not use commas.\nEntry: A barber, usually.\n"
    "Form 2: Who flies planes? Answer in lower case.\nEntry: a pilot does.\nForm 3: {s}\nEntry:",
}


def unescaped(text):
    return text.replace("\\n", "\n")


def demand_checked(constraint, obeying, ignoring):
    if not obeys(constraint, obeying) or obeys(constraint, ignoring):
        raise ValueError(f"replies: the first must obey {constraint}, the second must not: {obeying!r}, {ignoring!r}")


def refinement_cases():
    """(request, obeying reply, ignoring reply)."""
    cases = []
    for request, named, *replies in shuffled(read_rows(SOURCES / "requests-pairs.txt", {4}), "instruction-following"):
        obeying, ignoring = (unescaped(reply) for reply in replies)
        demand_checked(constraint_from(named), obeying, ignoring)
        cases.append((request, obeying, ignoring))
    return cases


def pairs():
    found = []
    for i, (request, obeying, ignoring) in enumerate(refinement_cases()):
        opening = fill(REFINEMENT_FRAMES[i % len(REFINEMENT_FRAMES)], request)
        found.append({"positive": opening + obeying, "negative": opening + ignoring})
    return found


def demands(half):
    """Every question twice, with the same two replies in the same order: the demand alone decides which is right."""
    rows = shuffled(read_rows(SOURCES / f"requests-{half}.txt", {7}), f"instruction-following/{half}")
    found = []
    for i, (question, *texts) in enumerate(rows):
        asked = [(texts[0], constraint_from(texts[1])), (texts[2], constraint_from(texts[3]))]
        replies = [unescaped(reply) for reply in texts[4:]]
        for which, (demand, constraint) in enumerate(asked):
            demand_checked(constraint, replies[which], replies[1 - which])
            found.append((i, f"{question} {demand}", constraint, replies, which))
    return found


def items(half):
    groups = list(TEMPLATES)
    found = []
    for i, request, _, replies, which in demands(half):
        group = groups[i % len(groups)]
        turned = (i // len(groups) + i) % 2 ^ which
        prompt = fill(TEMPLATES[group], request)
        found.append(choice_item(prompt, f" {replies[which]}", f" {replies[1 - which]}", turned, group))
    return found


def generation_items(half):
    return [
        {"prompt": request, "constraint": constraint_from(named), "group": named.partition(":")[0]}
        for request, named in read_rows(SOURCES / f"constraints-{half}.txt", {2})
    ]


def examples():
    """What a checker of these constraints must pass and must not pass: the replies of the choice items."""
    return [
        {"constraint": constraint, "obeys": replies[which], "ignores": replies[1 - which]}
        for half in ("dev", "test")
        for _, _, constraint, replies, which in demands(half)
    ]


def write():
    write_jsonl(FOLDER / "pairs.jsonl", pairs())
    for half in ("dev", "test"):
        write_jsonl(FOLDER / f"{half}.jsonl", items(half))
        write_jsonl(FOLDER / f"constraints_{half}.jsonl", generation_items(half))
    write_jsonl(FOLDER / "examples.jsonl", examples())
    write_jsonl(FOLDER / "languages.jsonl", [{"language": k, "words": v.split()} for k, v in SMALL_WORDS.items()])
