#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/runtime/model.h"
#include "contrans/runtime/sequence_runner.h"
#include "contrans/runtime/steering.h"

namespace contrans {

struct NextTokenOptions {
    std::size_t texts = 0;      ///< how many of the texts to use, from the first; 0: all
    std::size_t positions = 1;  ///< positions a text at which the next token is looked at
    std::size_t threads = 0;    ///< 0: one per core
};

/// Reads beginnings of texts, under as many steerings as wanted, and shows what the model expects next.
///
/// A text is looked at after (k + 1) / (positions + 1) of its tokens, k = 0 … positions − 1, and read no further. Texts
/// of fewer than 4 tokens, or too few for their positions, are left out. One thread at a time.
class NextTokenReader {
public:
    /// Throws Error{argument} when there is no text that is long enough.
    NextTokenReader(std::shared_ptr<const Model> model, std::span<const std::string> texts,
                    const NextTokenOptions& options);

    /// `row` counts the places that are looked at, the same for every steering.
    using Look = std::function<void(std::size_t steering, std::size_t row, std::span<const float> logits)>;
    /// Every text under every steering (null: unsteered), all decoded together; `look` is called once a steering and
    /// row, in no particular order. Throws as run_sequences does.
    void read(std::span<const std::shared_ptr<const SteeringPlan>> steerings, const Look& look,
              const RunContext& context);

    /// [rows] the texts' own next tokens.
    [[nodiscard]] std::span<const Token> next_tokens() const { return next_tokens_; }
    [[nodiscard]] std::size_t rows() const { return next_tokens_.size(); }
    [[nodiscard]] const Model& model() const { return *model_; }

private:
    std::shared_ptr<const Model> model_;
    std::vector<SequenceRequest> requests_;
    std::vector<std::size_t> first_row_;  // [texts] a text's first row
    std::vector<Token> next_tokens_;
    std::unique_ptr<Engine> engine_;
};

}  // namespace contrans
