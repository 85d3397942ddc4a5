"""Runs contrans for the benches."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path


def said_by(program, *arguments):
    """What it prints; ends the bench where it fails."""
    done = subprocess.run([program, *map(str, arguments), "--quiet"], stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 6):  # 6: done, and a verdict says no
        raise SystemExit(f"{Path(sys.argv[0]).name}: {arguments[0]} failed")
    return done.stdout


def folder_for(program, folder):
    """The folder, emptied where another build of the program made what it keeps: a number does not outlive what it measured."""
    build = hashlib.sha256(Path(program).read_bytes()).hexdigest()
    mark = folder / "made-by"
    if not mark.exists() or mark.read_text(encoding="utf-8") != build:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        mark.write_text(build, encoding="utf-8")
    return folder
