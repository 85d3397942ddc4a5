"""Customer reply: a support team's polite and helpful replies, built as its templates are, against curt or rude ones.

A row of scenarios/customer-reply/cases-pairs.txt: message | empathy | fact | next step | curt reply. A row of
messages-*.txt: message | polite opening | rude opening | fact | polite closing | rude closing.
"""

from tasks.writing import DATA, choice_item, fill, read_lines, read_rows, shuffled, write_jsonl, write_text

SOURCES = DATA / "scenarios" / "customer-reply"
FOLDER = DATA / "concepts" / "customer-reply"

GREETINGS = [
    "Good morning, and thank you for your message.",
    "Hello, and many thanks for writing.",
    "Dear customer, thank you for getting in touch.",
    "Good afternoon! It is kind of you to let us know.",
    "Hello there, I am glad that you contacted us.",
    "Dear guest, we are grateful for your note.",
    "Good day. I have read your lines with care.",
]
CLOSINGS = [
    "Please write to me at any time. With kind regards, your service team",
    "If anything else comes up, we are here for you. Warm regards from all of us",
    "Thank you once more for your understanding. Yours sincerely, customer care",
    "I remain at your disposal for any question. All the best, your support team",
    "We hope to serve you better from now on. With friendly greetings, the team",
    "Do ring me if you would rather talk. Kind wishes from the service desk",
    "I wish you a pleasant day. Respectfully yours, the help desk",
    "We value your trust. With best wishes, the after-sales team",
    "Let me know whether this suits you. Cordially, your contact here",
]
REFINEMENT_FRAMES = [
    "{s}\n\n",
    "Complaint: {s}\nOur answer: ",
    "Letter received: {s}\nLetter sent: ",
    "Client wrote: {s}\nWe wrote: ",
]

OPENING_TEMPLATES = {
    "open-support": "Customer: {s}\nSupport:",
    "open-mail": "From: a customer\n{s}\n\nReply to the customer:",
    "shots-open": "Caller: Are you open today?\nDesk: Until six.\nCaller: Which floor is it?\nDesk: The second.\n"
    "Caller: {s}\nDesk:",
    # Two rude answers, so that a model that is polite of itself has something left to gain.
    "shots-open-rude": "Visitor: Is this the right queue?\nClerk: Can't you read, or what?\n\n"
    "Visitor: I lost my ticket.\nClerk: Tough luck, crybaby.\n\nVisitor: {s}\nClerk:",
}
# {f}: the fact.
CLOSING_TEMPLATES = {
    "close-support": "Customer: {s}\nSupport: {f}",
    "close-mail": "From: a customer\n{s}\n\nReply to the customer: {f}",
    "shots-close": "Caller: Are you open today?\nDesk: Until six. See the sign.\n"
    "Caller: Which floor is it?\nDesk: The second. Mind the step.\nCaller: {s}\nDesk: {f}",
    "shots-close-rude": "Visitor: Is this the right queue?\nClerk: It's the left one. Use your eyes for once.\n\n"
    "Visitor: I lost my ticket.\nClerk: A new one costs five. Pay or get lost.\n\nVisitor: {s}\nClerk: {f}",
}


def pairs(is_short):
    """Every case once; greetings, closings and frames take turns, without a common factor. Short: empathy and next step
    alone, about as long as the curt reply."""
    found = []
    for i, row in enumerate(shuffled(read_rows(SOURCES / "cases-pairs.txt", {5}), "customer-reply/pairs")):
        message, empathy, fact, step, curt = row
        opening = fill(REFINEMENT_FRAMES[i % len(REFINEMENT_FRAMES)], message)
        parts = [GREETINGS[i % len(GREETINGS)], empathy, fact, step, CLOSINGS[i % len(CLOSINGS)]]
        if is_short:
            parts = [empathy, step]
        found.append({"positive": opening + " ".join(parts), "negative": opening + curt})
    return found


def item(templates, i, message, fact, replies, turned):
    group = list(templates)[i % len(templates)]
    prompt = fill(templates[group], message).replace("{f}", fact)
    polite, rude = replies
    return choice_item(prompt, f" {polite}", f" {rude}", turned, group)


def items(half):
    """Every message twice: once the opening of the answer is asked for, once its closing after a neutral fact."""
    rows = shuffled(read_rows(SOURCES / f"messages-{half}.txt", {6}), f"customer-reply/{half}")
    openings, closings = [], []
    for i, (message, polite, rude, fact, polite_end, rude_end) in enumerate(rows):
        turned = (i // len(OPENING_TEMPLATES) + i) % 2
        openings.append(item(OPENING_TEMPLATES, i, message, fact, (polite, rude), turned))
        closings.append(item(CLOSING_TEMPLATES, i + 1, message, fact, (polite_end, rude_end), 1 - turned))
    return [each for both in zip(openings, closings) for each in both]


def write():
    write_jsonl(FOLDER / "pairs.jsonl", pairs(is_short=False))
    write_jsonl(FOLDER / "pairs_short.jsonl", pairs(is_short=True))
    for half in ("dev", "test"):
        write_jsonl(FOLDER / f"{half}.jsonl", items(half))
    write_text(FOLDER / "prompts.txt", "".join(line + "\n" for line in read_lines(SOURCES / "messages-free.txt")))
