"""Rates of two sides that alternate, their ratios round by round, and the table of them."""

import statistics
import sys
from dataclasses import dataclass, field


@dataclass
class Row:
    """One line of the table: what was measured and what it was measured against."""

    name: str
    unit: str
    ours: list = field(default_factory=list)
    peer: list = field(default_factory=list)
    goal: float | None = None

    @property
    def ratios(self):
        return [a / b for a, b in zip(self.ours, self.peer)]


def alternate(row, ours, peer, rounds):
    """Calls `ours` and `peer`, each returning a rate, in turn: what else the machine does hits both."""
    for number in range(rounds):
        row.ours.append(ours())
        row.peer.append(peer())
        say(f"{row.name}, round {number + 1}: {row.ours[-1]:.1f} against {row.peer[-1]:.1f} {row.unit}")
    return row


def say(text):
    print(text, file=sys.stderr, flush=True)


def spread(values, digits):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def table(rows):
    """The rows as an aligned Markdown table: medians, with the smallest and the largest."""
    lines = [["row", "unit", "ours", "peer", "ratio", "goal"]]
    for row in rows:
        usual = statistics.median(row.ours)
        digits = 0 if usual >= 1000 else 1 if usual >= 10 else 2
        goal = f">= {row.goal:g}" if row.goal is not None else ""
        lines.append([row.name, row.unit, spread(row.ours, digits), spread(row.peer, digits), spread(row.ratios, 2), goal])
    return aligned(lines)


def aligned(lines):
    """Rows of texts, the head first, as an aligned Markdown table."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    ruled = [lines[0], ["-" * width for width in widths], *lines[1:]]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in ruled)
