#include "contrans/evaluation/response_meter.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "contrans/core/utf8.h"
#include "contrans/evaluation/log_softmax.h"

namespace contrans {
namespace {

constexpr std::size_t kFewestBytes = 2;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

bool is_word(std::string_view piece) {
    if (piece.size() < 1 + kFewestBytes || piece.front() != ' ') return false;
    return std::ranges::all_of(piece.substr(1), is_letter) && !first_invalid_utf8(piece);
}

}  // namespace

WordTokens word_tokens(const Tokenizer& tokenizer) {
    std::map<std::string, Token> by_word;
    for (std::size_t i = 0; i < tokenizer.vocabulary_size(); ++i) {
        const auto token = static_cast<Token>(i);
        const std::string piece = tokenizer.piece(token);
        if (is_word(piece)) by_word.emplace(piece.substr(1), token);
    }
    WordTokens words;
    for (const auto& [word, token] : by_word) {
        words.words.push_back(word);
        words.tokens.push_back(token);
    }
    return words;
}

ResponseMeter::ResponseMeter(std::shared_ptr<const Model> model, std::span<const std::string> texts,
                             const NextTokenOptions& options, const RunContext& context)
    : reader_(std::move(model), texts, options),
      words_(word_tokens(reader_.model().tokenizer())),
      unsteered_(reader_.rows(), words_.words.size()) {
    const std::shared_ptr<const SteeringPlan> none;
    const auto keep = [&](std::size_t, std::size_t row, std::span<const float> logits) {
        const double total = log_sum_exp(logits);
        const auto next = static_cast<std::size_t>(reader_.next_tokens()[row]);
        neutral_loss_ += (total - static_cast<double>(logits[next])) / static_cast<double>(reader_.rows());
        std::ranges::transform(words_.tokens, unsteered_.row(row).begin(), [&](Token token) {
            return static_cast<float>(static_cast<double>(logits[static_cast<std::size_t>(token)]) - total);
        });
    };
    reader_.read({&none, 1}, keep, context);
}

std::vector<WordResponse> ResponseMeter::measure(std::span<const std::shared_ptr<const SteeringPlan>> steerings,
                                                 const RunContext& context) {
    MatrixF64 change(steerings.size(), words_.words.size());
    const auto add = [&](std::size_t steering, std::size_t row, std::span<const float> logits) {
        const double total = log_sum_exp(logits);
        const std::span<const float> before = unsteered_.row(row);
        const std::span<double> sums = change.row(steering);
        for (std::size_t w = 0; w < sums.size(); ++w)
            sums[w] += static_cast<double>(logits[static_cast<std::size_t>(words_.tokens[w])]) - total -
                       static_cast<double>(before[w]);
    };
    reader_.read(steerings, add, context);
    std::vector<WordResponse> responses;
    for (std::size_t s = 0; s < steerings.size(); ++s) {
        WordResponse& response = responses.emplace_back();
        response.words = words_.words;
        for (const double sum : change.row(s))
            response.change.push_back(static_cast<float>(sum / static_cast<double>(reader_.rows())));
    }
    return responses;
}

}  // namespace contrans
