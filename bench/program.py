"""Runs contrans for the benches."""

import subprocess
import sys
from pathlib import Path


def said_by(program, *arguments):
    """What it prints; ends the bench where it fails."""
    done = subprocess.run([program, *map(str, arguments), "--quiet"], stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 6):  # 6: done, and a verdict says no
        raise SystemExit(f"{Path(sys.argv[0]).name}: {arguments[0]} failed")
    return done.stdout
