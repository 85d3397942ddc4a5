"""Politeness: the choice tasks and the page, from the messages and replies in data/concepts/polite."""

import json

from tasks.writing import DATA, fill, read_lines, shuffled, write_jsonl, write_text

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


def write():
    folder = DATA / "concepts" / "polite"
    dev, test = polite_items("dev", POLITE_DEVELOPMENT), polite_items("test", POLITE_TEST)
    write_jsonl(folder / "dev.jsonl", dev)
    write_jsonl(folder / "test.jsonl", test)
    write_text(folder / "README.md", POLITE_PAGE.format(dev=len(dev), test=len(test)))
