#include "contrans/mapping/pairing.h"

#include <algorithm>
#include <string>

#include "contrans/core/error.h"

namespace contrans {
namespace {

void require_rising(std::span<const std::size_t> ends, const char* side) {
    const auto fall = std::is_sorted_until(ends.begin(), ends.end());
    if (fall != ends.end()) {
        throw Error(ErrorKind::argument, std::string("pair_tokens: ends must not fall, ") + side + " token " +
                                             std::to_string(fall - ends.begin()) + " ends at " + std::to_string(*fall) +
                                             " after " + std::to_string(*(fall - 1)));
    }
}

// The next token from `i` on that holds text and is the last of its run; ends.size() when there is none.
std::size_t next_candidate(std::span<const std::size_t> ends, std::size_t i) {
    while (i < ends.size() && (ends[i] == 0 || (i + 1 < ends.size() && ends[i + 1] == ends[i]))) ++i;
    return i;
}

std::size_t count_text_tokens(std::span<const std::size_t> ends) {
    if (ends.empty()) return 0;
    return static_cast<std::size_t>(std::ranges::count_if(ends.subspan(1), [](std::size_t end) { return end > 0; }));
}

}  // namespace

double TokenPairing::target_share() const {
    return n_target_tokens == 0 ? 0.0 : static_cast<double>(target.size()) / static_cast<double>(n_target_tokens);
}

TokenPairing pair_tokens(std::span<const std::size_t> source_char_ends, std::span<const std::size_t> target_char_ends) {
    require_rising(source_char_ends, "source");
    require_rising(target_char_ends, "target");
    TokenPairing pairing;
    pairing.n_target_tokens = count_text_tokens(target_char_ends);
    std::size_t s = next_candidate(source_char_ends, 1);
    std::size_t t = next_candidate(target_char_ends, 1);
    while (s < source_char_ends.size() && t < target_char_ends.size()) {
        const std::size_t source_end = source_char_ends[s];
        const std::size_t target_end = target_char_ends[t];
        if (source_end == target_end) {
            pairing.source.push_back(s);
            pairing.target.push_back(t);
        }
        if (source_end <= target_end) s = next_candidate(source_char_ends, s + 1);
        if (target_end <= source_end) t = next_candidate(target_char_ends, t + 1);
    }
    return pairing;
}

}  // namespace contrans
