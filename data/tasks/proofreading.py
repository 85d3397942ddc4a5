"""Proofreading: sentences of internal documents in corrected, formal, consistent style, against the same with slips.

A row of scenarios/proofreading/sentences-pairs.txt: corrected | with slips. A row of phrases-*.txt: beginning of a
sentence | corrected end | end with slips. The files ja-*.txt hold the same in Japanese.
"""

from tasks.writing import DATA, choice_item, fill, read_rows, shuffled, write_jsonl

SOURCES = DATA / "scenarios" / "proofreading"
FOLDER = DATA / "concepts" / "proofreading"

REFINEMENT_FRAMES = ["{s}", "From the file: {s}", "{s}", "- {s}", "{s}", "Entry for the day\n{s}"]
JAPANESE_REFINEMENT_FRAMES = ["{s}", "【連絡】{s}", "{s}", "件名：社内文書\n{s}"]

# The last four lead towards slips, so that a model that corrects of itself has something left to gain.
TEMPLATES = {
    "bare": "{s}",
    "minutes": "Minutes of the meeting\n\n{s}",
    "memo": "Internal memo\nTo: all staff\n\n{s}",
    "shots-clean": "1. The office will close at noon.\n2. All forms were returned on time.\n3. {s}",
    "draft": "Rough draft, not proofread yet, dont worry its gonna be fixed later. {s}",
    "mate": "Text to a mate: hiya, u wont beleive this. {s}",
    "shots-slips": "Note 1: The van were late and nobody rung us.\nNote 2: Them forms aint been sent yet.\nNote 3: {s}",
    "scribble": "Scribbled on the back of the rota: sorry bout the mess!! {s}",
}

JAPANESE_TEMPLATES = {
    "bare": "{s}",
    "minutes": "議事録\n{s}",
    "notice": "社内へのお知らせ\n\n{s}",
    "shots-clean": "一、窓口は正午に閉まります。\n二、書類は期日までに提出されました。\n三、{s}",
    "draft": "まだ直してない下書きだから、あとで誰か直して。{s}",
    "friend": "同僚への走り書き：おつかれ、今日もだるいね。{s}",
    "shots-slips": "メモ1：電車遅れてて間に合わんかった。\nメモ2：あの書類まだ送ってないんだよね。\nメモ3：{s}",
    "sticky": "付せんのメモ「見といて！」\n{s}",
}


def pairs(source, frames):
    """Every sentence once; the frames take turns."""
    found = []
    for i, row in enumerate(shuffled(read_rows(SOURCES / source, {2}), f"proofreading/{source}")):
        corrected, slips = (fill(frames[i % len(frames)], text) for text in row)
        found.append({"positive": corrected, "negative": slips})
    return found


def items(source, templates, space):
    """Every beginning twice: in one of the first four templates and in one of the last four."""
    rows = shuffled(read_rows(SOURCES / source, {3}), f"proofreading/{source}")
    groups = list(templates)
    half = len(groups) // 2
    found = []
    for first in (0, half):
        for i, (beginning, corrected, slips) in enumerate(rows):
            group = groups[first + i % half]
            turned = (i // half + i + first // half) % 2
            prompt = fill(templates[group], beginning)
            found.append(choice_item(prompt, space + corrected, space + slips, turned, group))
    return found


def write():
    write_jsonl(FOLDER / "pairs.jsonl", pairs("sentences-pairs.txt", REFINEMENT_FRAMES))
    write_jsonl(FOLDER / "pairs_ja.jsonl", pairs("ja-sentences-pairs.txt", JAPANESE_REFINEMENT_FRAMES))
    for half in ("dev", "test"):
        write_jsonl(FOLDER / f"{half}.jsonl", items(f"phrases-{half}.txt", TEMPLATES, " "))
        write_jsonl(FOLDER / f"{half}_ja.jsonl", items(f"ja-phrases-{half}.txt", JAPANESE_TEMPLATES, ""))
