#!/usr/bin/env python3
"""Writes the contrast pairs, tasks and pages of data/concepts, each concept by its module in data/tasks.

Takes no argument and needs nothing beyond Python 3. What has to be ordered is ordered by a hash, not by a random
generator, so that every Python writes the same bytes: running it changes nothing unless a source or a module changed.
"""

import importlib
import sys
from pathlib import Path

TASKS = Path(__file__).resolve().parent / "tasks"
SHARED = "writing"


def main():
    sys.dont_write_bytecode = True
    for path in sorted(TASKS.glob("*.py")):
        if path.stem != SHARED:
            importlib.import_module(f"tasks.{path.stem}").write()


if __name__ == "__main__":
    main()
