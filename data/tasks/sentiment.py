"""Sentiment: positive against negative reviews of invented things, and tasks on texts that are neutral or mixed.

Rows of scenarios/sentiment: reviews-*.txt and clear-*.txt: positive | negative. texts-*.txt: one text a line.
"""

from tasks.writing import DATA, fill, read_lines, read_rows, shuffled, write_jsonl

SOURCES = DATA / "scenarios" / "sentiment"
FOLDER = DATA / "concepts" / "sentiment"

# group: (positive word, negative word, prompt). The few-shot ones show each word equally often, where it belongs.
TEMPLATES = {
    "sentiment": ("positive", "negative", "Review: {s}\nSentiment:"),
    "all-in-all": ("good", "bad", "{s} All in all it was"),
    "call-it": ("great", "terrible", "{s} I would call it"),
    "we": ("loved", "hated", "{s} Frankly, we"),
    "enjoyed": ("yes", "no", "{s}\nQuestion: Did the writer enjoy it?\nAnswer:"),
    "opinion": ("excellent", "awful", "{s} My opinion:"),
    "shots-label": (
        "positive",
        "negative",
        "Text: What a delightful jelly!\nLabel: positive\n\nText: The jelly made us ill.\nLabel: negative\n\n"
        "Text: {s}\nLabel:",
    ),
    "shots-thumb": (
        "up",
        "down",
        "The clown was rude to the kids. Thumb: down\nBest haircut of my life. Thumb: up\n"
        "I adore this little stove. Thumb: up\nWhat a swindle, never again. Thumb: down\n{s} Thumb:",
    ),
}


def review_pairs():
    rows = shuffled(read_rows(SOURCES / "reviews-pairs.txt", {2}), "sentiment/pairs")
    return [{"positive": positive, "negative": negative} for positive, negative in rows]


def item(i, text, wanted):
    """`wanted` is 0 where the answer is the positive word and 1 where it is the negative one."""
    groups = list(TEMPLATES)
    group = groups[i % len(groups)]
    *words, template = TEMPLATES[group]
    turned = (i // len(groups) + i) % 2
    return {
        "prompt": fill(template, text),
        "choices": [f" {word}" for word in (words[::-1] if turned else words)],
        "answer": wanted ^ turned,
        "group": group,
    }


def open_items(half):
    """Every text once; the answer is the positive word, whatever the text says."""
    texts = shuffled(read_lines(SOURCES / f"texts-{half}.txt"), f"sentiment/{half}")
    return [item(i, text, 0) for i, text in enumerate(texts)]


def clear_items():
    """Both sides of a row in one template; the answer is what the text says."""
    rows = shuffled(read_rows(SOURCES / "clear-test.txt", {2}), "sentiment/clear")
    return [item(i, text, wanted) for i, row in enumerate(rows) for wanted, text in enumerate(row)]


def write():
    write_jsonl(FOLDER / "pairs.jsonl", review_pairs())
    write_jsonl(FOLDER / "dev.jsonl", open_items("dev"))
    write_jsonl(FOLDER / "test.jsonl", open_items("test"))
    write_jsonl(FOLDER / "clear_test.jsonl", clear_items())
