#include "contrans/concepts/word_response_file.h"

#include <algorithm>
#include <functional>

namespace contrans {
namespace {

constexpr const char* kWords = "contrans.response.words";

/// Of the first one nothing stands between.
std::string number_of(std::size_t i) { return i == 0 ? "" : "." + std::to_string(i); }
std::string key_of(std::size_t i, const char* what) { return "contrans.response" + number_of(i) + "." + what; }
std::string tensor_of(std::size_t i) { return "response" + number_of(i); }

}  // namespace

std::optional<std::string> broken_rule(std::span<const WordResponse> responses) {
    for (const WordResponse& response : responses) {
        if (response.words.empty() || response.words.size() != response.change.size()) {
            return "a response needs words and a change for each (got " + std::to_string(response.words.size()) +
                   " and " + std::to_string(response.change.size()) + ")";
        }
        if (std::ranges::adjacent_find(response.words, std::greater_equal<>()) != response.words.end())
            return "the response's words must be sorted, each once";
        if (response.words != responses.front().words) return "all responses must tell of the same words";
    }
    return std::nullopt;
}

void set_responses(ArtefactWriter& writer, std::span<const WordResponse> responses) {
    if (!responses.empty()) writer.set_string_array(kWords, responses.front().words);
    for (std::size_t i = 0; i < responses.size(); ++i) {
        writer.set_u64(key_of(i, "layer"), responses[i].layer.value);
        writer.set_f64(key_of(i, "dose"), responses[i].dose);
        writer.add_tensor(tensor_of(i), responses[i].change);
    }
}

std::vector<WordResponse> get_responses(const ArtefactReader& reader) {
    std::vector<WordResponse> responses;
    if (!reader.has(kWords)) return responses;
    const std::vector<std::string> words = reader.get_string_array(kWords);
    for (std::size_t i = 0; i == 0 || reader.has_tensor(tensor_of(i)); ++i) {
        responses.push_back({LayerIndex{reader.get_size(key_of(i, "layer"))}, reader.get_f64(key_of(i, "dose")), words,
                             reader.vector(tensor_of(i), words.size())});
    }
    return responses;
}

}  // namespace contrans
