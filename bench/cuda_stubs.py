"""Puts empty stand-ins for the GPU libraries beside torch, so that the wheel loads on a machine without them.

    cuda_stubs.py SITE_PACKAGES

torch's Linux wheel links a dozen GPU libraries, gigabytes that reading on a CPU never calls. The CUDA runtime itself is
the real one: it says that there is no GPU. The stand-ins of the others hold the names that the linker asks for.
"""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

GPU_LIBRARIES = ("libcu", "libnv", "libnccl")
GPU_SYMBOLS = ("cu", "nccl", "nv", "__cu")
REAL = {"libcudart.so.13"}


def lines_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")


class Wanted:
    """What torch's libraries want of others: files, and symbols by file and version."""

    def __init__(self, libraries):
        self.files, self.symbols = set(), defaultdict(lambda: defaultdict(set))
        file_of_version, undefined, defined = {}, set(), set()
        for library in libraries:
            self.files |= {line.split("[")[1].split("]")[0] for line in lines_of("readelf", "-d", library) if "(NEEDED)" in line}
            file_of_version |= versions_of(library)
            for fields in map(str.split, lines_of("nm", "-D", library)):
                if len(fields) == 2:
                    undefined.add(fields[1])
                elif len(fields) == 3:
                    defined.add(fields[2].split("@")[0])
        self.files = {name for name in self.files if name.startswith(GPU_LIBRARIES)} - REAL
        unversioned = set()
        for name, _, version in (symbol.partition("@") for symbol in undefined):
            if version:
                self.symbols[file_of_version.get(version)][version].add(name)
            elif name.startswith(GPU_SYMBOLS) and name not in defined:
                unversioned.add(name)
        for file in self.files - set(self.symbols):
            self.symbols[file][""] = unversioned


def versions_of(library):
    """Version → file that must define it."""
    versions, file = {}, None
    for fields in map(str.split, lines_of("readelf", "-V", "-W", library)):
        if "File:" in fields:
            file = fields[fields.index("File:") + 1]
        elif "Name:" in fields and "Flags:" in fields and file:
            versions[fields[fields.index("Name:") + 1]] = file
    return versions


def build_stub(path, by_version):
    source = "".join(f"long {name}(void) {{ return 100; }}\n" for names in by_version.values() for name in sorted(names))
    script = "".join(f"{version} {{ global: {'; '.join(sorted(names))}; }};\n" for version, names in by_version.items() if version)
    arguments = []
    if script:
        script_file = path.with_suffix(".map")
        script_file.write_text(script)
        arguments = [f"-Wl,--version-script={script_file}"]
    subprocess.run(["cc", "-shared", "-w", "-x", "c", "-", "-o", path, f"-Wl,-soname,{path.name}", *arguments], input=source,
                   text=True, check=True)


def main():
    folder = Path(sys.argv[1]) / "torch" / "lib"
    wanted = Wanted([file for file in folder.iterdir() if ".so" in file.name and not file.name.startswith(GPU_LIBRARIES)])
    for file in sorted(wanted.files):
        build_stub(folder / file, wanted.symbols[file])


if __name__ == "__main__":
    main()
