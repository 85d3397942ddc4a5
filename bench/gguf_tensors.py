"""The F32 tensors of a GGUF file, with nothing but Python."""

import array
import math
import struct

# GGUF's scalar types by number; 8 is a string, 9 an array.
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY, F32 = 8, 9, 0


class GgufTensors:
    """By name: (shape, slowest dimension first, place of the data in the file)."""

    def __init__(self, path):
        self.path = path
        self.places = {}
        with open(path, "rb") as file:
            self.file = file
            magic, _, n_tensors, n_keys = struct.unpack("<4sIQQ", file.read(24))
            if magic != b"GGUF":
                raise SystemExit(f"{path}: not a GGUF file")
            for _ in range(n_keys):
                self.string()
                self.skip(self.number("I"))
            described = [self.description() for _ in range(n_tensors)]
            begin = -(-file.tell() // 32) * 32
        for name, shape, kind, offset in described:
            self.places[name] = shape, kind, begin + offset

    def number(self, code):
        return struct.unpack("<" + code, self.file.read(struct.calcsize("<" + code)))[0]

    def string(self):
        return self.file.read(self.number("Q")).decode("utf-8")

    def skip(self, kind):
        if kind == STRING:
            self.string()
        elif kind == ARRAY:
            element, n = self.number("I"), self.number("Q")
            for _ in range(n):
                self.skip(element)
        else:
            self.number(SCALARS[kind])

    def description(self):
        name = self.string()
        shape = [self.number("Q") for _ in range(self.number("I"))]
        return name, shape[::-1], self.number("I"), self.number("Q")

    def rows(self, name):
        """The tensor as a list of rows; a vector is one."""
        shape, kind, place = self.places[name]
        if kind != F32:
            raise SystemExit(f"{self.path}: tensor {name} is not F32")
        values = array.array("f")
        with open(self.path, "rb") as file:
            file.seek(place)
            values.fromfile(file, math.prod(shape))
        width = shape[-1]
        return [values[begin:begin + width] for begin in range(0, len(values), width)]


def product(matrix, vector):
    return [sum(a * x for a, x in zip(row, vector)) for row in matrix]


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
