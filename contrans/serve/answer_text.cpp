#include "contrans/serve/answer_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::size_t length_of_character(unsigned char lead) {
    if (lead >= 0xF0) return 4;
    return lead >= 0xE0 ? 3 : 2;
}

/// Whether more bytes may make a character of these. Every range of second bytes holds one of the four tried.
bool may_become_a_character(std::string_view bytes) {
    const auto lead = static_cast<unsigned char>(bytes.front());
    if (lead < 0xC2 || lead > 0xF4) return false;
    const std::size_t length = length_of_character(lead);
    if (bytes.size() >= length) return false;
    constexpr std::array<char, 4> kSecond = {'\x80', '\x90', '\xA0', '\xBF'};
    return std::any_of(kSecond.begin(), kSecond.end(), [&](char second) {
        return !first_invalid_utf8(std::string(bytes) + std::string(length - bytes.size(), second));
    });
}

/// Takes the whole characters off the front of `bytes`.
std::string take_characters(std::string& bytes) {
    std::string text;
    while (!bytes.empty()) {
        const std::size_t valid = first_invalid_utf8(bytes).value_or(bytes.size());
        text.append(bytes, 0, valid);
        bytes.erase(0, valid);
        if (bytes.empty() || may_become_a_character(bytes)) break;
        text += kReplacement;
        bytes.erase(0, 1);
    }
    return text;
}

/// The longest end of `text` that begins `stop` without being all of it.
std::size_t begun_length(std::string_view text, std::string_view stop) {
    std::size_t n = std::min(text.size(), stop.size() - 1);
    while (n > 0 && text.substr(text.size() - n) != stop.substr(0, n)) --n;
    return n;
}

}  // namespace

AnswerText::AnswerText(std::vector<std::string> stop) : stop_(std::move(stop)) {
    // One that began within a character would cut characters in two.
    for (const std::string& text : stop_) {
        if (!text.empty() && !first_invalid_utf8(text)) continue;
        throw Error(ErrorKind::argument,
                    "completion: a stop string must be text and not empty, got " + in_quotes(text));
    }
}

std::string AnswerText::add(std::string_view bytes) {
    if (stopped_by_) return "";
    bytes_ += bytes;
    held_ += take_characters(bytes_);
    return shown_now();
}

std::string AnswerText::shown_now() {
    std::size_t end = std::string::npos;
    for (const std::string& stop : stop_) {
        const std::size_t at = held_.find(stop);
        if (at >= end) continue;
        end = at;
        stopped_by_ = stop;
    }
    if (stopped_by_) return std::exchange(held_, "").substr(0, end);
    std::size_t kept = 0;
    for (const std::string& stop : stop_) kept = std::max(kept, begun_length(held_, stop));
    std::string shown = held_.substr(0, held_.size() - kept);
    held_.erase(0, shown.size());
    return shown;
}

std::string AnswerText::rest() {
    if (stopped_by_) return "";
    std::string text = std::exchange(held_, "");
    if (!bytes_.empty()) text += kReplacement;
    bytes_.clear();
    return text;
}

}  // namespace contrans
