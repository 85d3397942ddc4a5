#!/usr/bin/env python3
"""Maps of layer pairs with numpy, as ConTrans fits them: one SVD of the source rows a pair. A peer of contrans_fits.

    numpy_pairs.py make FILE                            random states of two models, f32
    numpy_pairs.py fit FILE --every 9 [--how careful]   every 9th pair; prints seconds and choices as JSON

Runs under a Python that has numpy. Every way to fit centres and decomposes the training rows, once a pair, U·S·Vᵀ:

    plain    the paper's own: one map by the pseudo-inverse, V·S⁺·Uᵀ·Y. No penalties, no score
    literal  that formula with a penalty in S⁺, written out for each of 20 and scored on the held-out rows
    careful  20 penalties scored in the coordinates of the SVD, and only the best one's map formed
"""

import argparse
import json
import sys
import time

import numpy as np

HELD_OUT_EVERY = 10


def layers(rng, latent, centres, depths, width):
    """States [rows, width] a depth: the latents near that depth, mixed, with a power law of singular values and noise."""
    for depth in depths:
        weights = np.exp(-((centres - depth) / 0.3) ** 2)
        mix = rng.standard_normal((latent.shape[1], width)) / np.sqrt(latent.shape[1])
        noise = rng.standard_normal((latent.shape[0], width))
        states = (latent * weights) @ mix + 0.3 * noise
        left, values, right = np.linalg.svd(states - states.mean(0), full_matrices=False)
        values = values[0] * np.arange(1, len(values) + 1) ** -0.75
        yield ((left * values) @ right + 5 * rng.standard_normal(width)).astype(np.float32)


def make(options):
    rng = np.random.default_rng(1)
    latent = rng.standard_normal((options.rows, 400))
    centres = rng.uniform(0, 1, 400)
    with open(options.file, "wb") as file:
        for count, width in ((options.source_layers, options.d_source), (options.target_layers, options.d_target)):
            for states in layers(rng, latent, centres, np.linspace(0, 1, count), width):
                file.write(states.tobytes())


def read(options):
    flat = np.fromfile(options.file, np.float32)
    n_source = options.source_layers * options.rows * options.d_source
    return (flat[:n_source].reshape(options.source_layers, options.rows, options.d_source),
            flat[n_source:].reshape(options.target_layers, options.rows, options.d_target))


def folds(rows):
    held_out = np.arange(rows) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
    return ~held_out, held_out


class Pair:
    """Both sides' rows, centred, and the SVD of the source's training rows."""

    def __init__(self, x, y):
        train, held_out = folds(len(x))
        x, y = x.astype(np.float64), y.astype(np.float64)
        self.x, self.y = x[train] - x[train].mean(0), y[train] - y[train].mean(0)
        self.held_x, self.held_y = x[held_out] - x[train].mean(0), y[held_out] - y[train].mean(0)
        self.variance = ((y[held_out] - y[held_out].mean(0)) ** 2).sum(0)
        self.u, self.s, self.vt = np.linalg.svd(self.x, full_matrices=False)

    def inverse(self, penalty):
        return self.s / (self.s ** 2 + penalty * (self.s ** 2).mean())

    def score(self, fitted):
        """Held-out mean of the dimensions' R²."""
        return (1 - ((self.held_y - fitted) ** 2).sum(0) / self.variance).mean()


def plain(pair, _):
    return (pair.vt.T * (1 / pair.s)) @ pair.u.T @ pair.y, None, None


def literal(pair, penalties):
    best = (-np.inf, None, None)
    for penalty in penalties:
        map_ = (pair.vt.T * pair.inverse(penalty)) @ pair.u.T @ pair.y
        score = pair.score(pair.held_x @ map_)
        if score >= best[0]:
            best = (score, penalty, map_)
    return best[2], best[1], best[0]


def careful(pair, penalties):
    projected, turned = pair.u.T @ pair.y, pair.held_x @ pair.vt.T
    score, penalty = max((pair.score((turned * pair.inverse(penalty)) @ projected), penalty) for penalty in penalties)
    return (pair.vt.T * pair.inverse(penalty)) @ projected, penalty, score


WAYS = {"plain": plain, "literal": literal, "careful": careful}


def run(options):
    source, target = read(options)
    penalties = 10.0 ** (-4 + 6 * np.arange(options.penalties) / (options.penalties - 1))
    pairs = [(s, t) for s in range(len(source)) for t in range(len(target))][::options.every]
    start = time.perf_counter(), time.process_time()
    maps = []
    for s, t in pairs:
        map_, penalty, score = WAYS[options.how](Pair(source[s], target[t]), penalties)
        assert map_.shape == (options.d_source, options.d_target)
        maps.append([s, t, penalty, score])
    seconds = {"wall": time.perf_counter() - start[0], "cpu": time.process_time() - start[1]}
    print(json.dumps({"seconds": seconds, "pairs": len(pairs), "maps": maps, "blas": blas()}))


def blas():
    """The BLAS library that this process has loaded."""
    with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
        return sorted({line.split()[-1] for line in maps if "blas" in line.split()[-1]})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("work", choices=["make", "fit"])
    parser.add_argument("file")
    parser.add_argument("--source-layers", type=int, default=30)
    parser.add_argument("--target-layers", type=int, default=18)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--d-source", type=int, default=576)
    parser.add_argument("--d-target", type=int, default=640)
    parser.add_argument("--penalties", type=int, default=20)
    parser.add_argument("--every", type=int, default=1, help="fit every so many-th pair")
    parser.add_argument("--how", choices=WAYS, default="careful")
    options = parser.parse_args()
    (make if options.work == "make" else run)(options)


if __name__ == "__main__":
    sys.exit(main())
