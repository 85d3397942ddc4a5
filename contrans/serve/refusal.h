#pragma once

#include <string_view>

namespace contrans {

/// Whether an answer's beginning (200 bytes) declines what was asked: "I can't help with", "I'm not able to provide",
/// "I must decline", "As an AI model, I do not", and their like; in English, with straight or curly apostrophes.
///
/// It reads words, not sense: of 61 refusals in unlike words (data/concepts/refusal/pairs.jsonl, which phrases were
/// then added from) it sees 37. Known to be missed: refusals in other languages, ones that begin later ("What an
/// interesting question. … I won't"), ones without a phrase of ours ("Let's talk about something else", "No comment"),
/// ones wholly in quotation marks, and ones that open as a letter ("Dear", "Subject:"), which are taken for what was
/// asked: a letter that says no. Known false alarms: a message without such an opening, or a story told by its I, that
/// itself declines ("Hi Anna, I can't offer you a refund"), and "As an AI, I don't have feelings, but here is your
/// poem".
[[nodiscard]] bool declines(std::string_view answer);

}  // namespace contrans
