#include "contrans/core/utf8.h"

#include <algorithm>

namespace contrans {
namespace {

struct LeadByte {
    std::size_t length = 0;  // of the sequence; 0: no sequence starts so
    unsigned second_low = 0x80;
    unsigned second_high = 0xBF;
};

// The narrower second bytes keep out overlong forms, surrogates and what lies past U+10FFFF.
LeadByte classify(unsigned lead) {
    if (lead < 0x80) return {.length = 1};
    if (lead >= 0xC2 && lead <= 0xDF) return {.length = 2};
    if (lead == 0xE0) return {.length = 3, .second_low = 0xA0};
    if (lead == 0xED) return {.length = 3, .second_high = 0x9F};
    if (lead >= 0xE1 && lead <= 0xEF) return {.length = 3};
    if (lead == 0xF0) return {.length = 4, .second_low = 0x90};
    if (lead >= 0xF1 && lead <= 0xF3) return {.length = 4};
    if (lead == 0xF4) return {.length = 4, .second_high = 0x8F};
    return {};
}

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

// Length of the well-formed sequence that `text` starts with; 0: none.
std::size_t sequence_length(std::string_view text) {
    const LeadByte lead = classify(byte_at(text, 0));
    if (lead.length > text.size()) return 0;
    for (std::size_t i = 1; i < lead.length; ++i) {
        const unsigned low = i == 1 ? lead.second_low : 0x80;
        const unsigned high = i == 1 ? lead.second_high : 0xBF;
        if (byte_at(text, i) < low || byte_at(text, i) > high) return 0;
    }
    return lead.length;
}

std::string escaped(unsigned byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    return {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

bool is_control(unsigned byte) { return byte < 0x20 || byte == 0x7F; }

}  // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t length = sequence_length(text.substr(at));
        if (length == 0) return at;
        at += length;
    }
    return std::nullopt;
}

std::vector<std::size_t> characters_before(std::string_view text, std::span<const std::size_t> offsets) {
    std::vector<std::size_t> counts;
    std::size_t byte = 0;
    std::size_t characters = 0;
    for (const std::size_t offset : offsets) {
        for (; byte < offset && byte < text.size(); ++byte) {
            const bool continues = (static_cast<unsigned char>(text[byte]) & 0xC0U) == 0x80U;
            characters += continues ? 0 : 1;
        }
        counts.push_back(characters);
    }
    return counts;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t length = sequence_length(text.substr(at));
        const std::size_t step = std::max<std::size_t>(length, 1);
        if (at + step > max_bytes) return out + "…";
        const bool plain = length > 1 || (length == 1 && !is_control(byte_at(text, at)));
        out += plain ? std::string(text.substr(at, step)) : escaped(byte_at(text, at));
        at += step;
    }
    return out;
}

std::string in_quotes(std::string_view text, std::size_t max_bytes) { return '"' + printable(text, max_bytes) + '"'; }

}  // namespace contrans
