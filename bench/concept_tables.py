"""What bench/concepts prints of a study's report: tables in Markdown, without the columns that nobody filled."""

from alternation import aligned


def print_table(title, head, rows):
    if not rows:
        return
    filled = [at for at in range(len(head)) if at == 0 or any(row[at] != "-" for row in rows)]
    print(f"\n{title}\n\n" + aligned([[cells[at] for at in filled] for cells in [head, *rows]]))


def with_interval(result, value="value", low="low", high="high"):
    if result is None or result.get(value) is None:
        return "-"
    if result.get(low) is None or result.get(high) is None:  # an interval without an end
        return f"{result[value]:.2f}"
    return f"{result[value]:.2f} [{result[low]:.2f}, {result[high]:.2f}]"


def words(outcome):
    return "-" if outcome is None else outcome.replace("-", " ")


def results_by_role(run, name, metric=None):
    """Of the task that a concept's vector was made for, by its primary metric or another one."""
    results = run["report"]["results"]
    task = next(result["task"] for result in results if result["vector"] == name)
    rows = [result for result in results if result["task"] == task and metric in (None, result["metric"])]
    return {result["role"]: result for result in reversed(rows)}  # a role's primary metric comes first


def print_concepts(run, findings):
    head = ["concept", "source", "none", "prompt", "few-shot", "proxy-tuned", "native", "carried", "paper", "shuf. map", "shuf. labels",
            "rand. cov.", "recovery", "KL", "verdict", "by the margin"]
    rows = []
    for finding in findings:
        roles = results_by_role(run, finding["concept"])
        carried = roles["transplanted"]
        number = lambda role: f"{roles[role]['value']:.2f}" if role in roles else "-"
        rows.append([finding["concept"], f"{finding['source_unsteered']:.2f} → {finding['source_steered']:.2f}", number("none"),
                     number("prompt"), number("few-shot"), number("proxy-tuning"), number("native"), with_interval(carried), number("paper"),
                     number("shuffled-map"), number("shuffled-labels"), number("random-covariance"),
                     with_interval(carried, "recovery", "recovery_low", "recovery_high"), f"{carried['kl_nats']:.2f}",
                     words(finding["outcome"]), words(finding["margin_outcome"])])
    print_table(f"{run['models']}, seed {run['seed']}", head, rows)


def print_margins(run, findings):
    """By how many nats the right choice gains on the best other one over unsteered, where choices are the task."""
    others = ["native", "paper", "prompt", "few-shot", "proxy-tuning", "shuffled-map", "shuffled-labels"]
    rows = []
    for finding in findings:
        margins = {role: result["value"] for role, result in results_by_role(run, finding["concept"], "margin").items()}
        if "none" not in margins:
            continue
        gains = [f"{margins[role] - margins['none']:+.2f}" if role in margins else "-" for role in others]
        rows.append([finding["concept"], f"{margins['none']:+.2f}", with_interval(finding["margin_gain"]), *gains,
                     with_interval(finding["margin_recovery"])])
    print_table("Margin, nats, over unsteered:", ["concept", "unsteered", "carried", *others, "recovery"], rows)


def print_recovery(runs):
    """Ratios of gains summed over concepts."""
    roles = list(dict.fromkeys(row["role"] for run in runs for row in run["report"]["headline"]["rows"]))
    rows = []
    for run in runs:
        of = {row["role"]: row for row in run["report"]["headline"]["rows"]}
        cells = [with_interval(of.get(role), "recovery", "recovery_low", "recovery_high") for role in roles]
        rows.append([f"{run['models']}, seed {run['seed']}", *cells])
    print_table("Recovery over the concepts together:", ["run", *roles], rows)


def print_robustness(effects):
    variants = list(dict.fromkeys(effect["variant"] for effect in effects))
    at = {(effect["vector"], effect["variant"]): effect for effect in effects}
    rows = []
    for name in dict.fromkeys(effect["vector"] for effect in effects):
        cells = [at.get((name, variant)) for variant in variants]
        rows.append([name] + ["-" if cell is None else f"{with_interval(cell['gain'])} {cell['verdict']}" for cell in cells])
    print_table("Gain on variants of the test items, and what became of the effect:", ["concept", *variants], rows)


def print_side_effects(effects):
    """How many cells of each kind chance is ruled out for, and the likely ones on tasks that are not the vector's own."""
    rows = []
    for metric in dict.fromkeys(effect["metric"] for effect in effects):
        cells = [effect for effect in effects if effect["metric"] == metric]
        count = lambda of: str(sum(map(of, cells)))
        detectable = [cell["detectable"] for cell in cells]
        rows.append([metric, str(len(cells)), count(lambda cell: cell["low"] > 0 or cell["high"] < 0),
                     count(lambda cell: cell["p_adjusted"] < 0.05), count(lambda cell: cell["q"] < 0.05),
                     f"{min(detectable):.2f} to {max(detectable):.2f}"])
    print_table("Side effects:", ["metric", "cells", "intervals without 0", "certain", "likely", "detectable"], rows)
    beside = [effect for effect in effects if effect["q"] < 0.05 and effect["task"] != effect["vector"]]
    beside.sort(key=lambda effect: -abs(effect["steered"] - effect["unsteered"]))
    change = lambda effect: {"value": effect["steered"] - effect["unsteered"], "low": effect["low"], "high": effect["high"]}
    print_table("Likely ones, the largest first:", ["vector", "task", "metric", "unsteered", "change", "p, corrected"],
                [[effect["vector"], effect["task"], effect["metric"], f"{effect['unsteered']:.2f}", with_interval(change(effect)),
                  f"{effect['p_adjusted']:.3f}"] for effect in beside])


def meet(a, b):
    return a is None or b is None or (a["low"] <= b["high"] and b["low"] <= a["high"])


def print_seeds(models, of_seeds):
    """The same concepts by other seeds: other texts for the map, other items of the test, the whole search anew."""
    seeds = list(of_seeds)
    rows = []
    for findings in zip(*of_seeds.values()):
        cells = [with_interval(finding[part]) for finding in findings for part in ("gain", "margin_gain")]
        apart = [part for part in ("gain", "margin_gain") if not all(meet(findings[0][part], other[part]) for other in findings[1:])]
        rows.append([findings[0]["concept"], *cells, ", ".join(apart) + " do not" if apart else "both"])
    head = ["concept", *(cell for seed in seeds for cell in (f"{seed}", f"{seed}, nats")), "intervals meet"]
    print_table(f"{models}, by seed: gain, and gain of the margin in nats", head, rows)


def print_predictors(predictors):
    print_table("What foretells the gain, Spearman's correlation over all rows:", ["predictor", "correlation", "rows"],
                [[known["predictor"], with_interval(known["correlation"]), str(known["n"])] for known in predictors])
