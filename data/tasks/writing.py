"""What every module here writes with: texts in, rows out, an order that only a hash decides."""

import hashlib
import json
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent
SEED = "contrans-tasks-1"


def read_lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def read_rows(path, columns):
    """Rows of a text file whose columns are set apart by " | "; a row of another width is an error."""
    rows = [tuple(cell.strip() for cell in line.split(" | ")) for line in read_lines(path)]
    for number, row in enumerate(rows, 1):
        if len(row) not in columns or not all(row):
            raise ValueError(f"{path}:{number}: a row must have {columns} filled columns, not {row}")
    return rows


def shuffled(items, purpose):
    """The items in an order that only the seed, the purpose and the items decide."""
    return sorted(items, key=lambda item: hashlib.sha256(f"{SEED}|{purpose}|{item}".encode()).digest())


def fill(template, text):
    return template.replace("{s}", text)


def write_jsonl(path, rows):
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_text(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


def choice_item(prompt, answer, other, turned, group):
    """An item of two choices; the answer is the second where turned is 1."""
    choices = [other, answer] if turned else [answer, other]
    return {"prompt": prompt, "choices": choices, "answer": int(turned), "group": group}
