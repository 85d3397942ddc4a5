#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "contrans/harvest/activation_index.h"
#include "contrans/harvest/harvest_shard.h"
#include "contrans/runtime/model.h"

namespace contrans {

/// Turns texts into tokens and the rows that a store keeps of them, and counts what aligned. One thread at a time.
class RowChooser {
public:
    /// @param aligned_with  for StoredPosition::aligned: whose tokens to align with. Both models must outlive it.
    RowChooser(const Model& model, StoredPosition position, const Model* aligned_with)
        : model_(model), position_(position), aligned_with_(aligned_with) {}

    /// @param number  the text's, from 0. Throws Error{argument} naming the text when it is longer than the model's
    /// context, gives no token, or gives one where means are kept.
    [[nodiscard]] TextRows rows_of(const std::string& text, std::size_t number);

    /// Texts that a tokenizer does not spell, so that nothing of them aligned.
    [[nodiscard]] std::size_t unspelt() const { return unspelt_; }
    /// Of this model's tokens, as far as they could have matched.
    [[nodiscard]] double aligned_share() const;

private:
    [[nodiscard]] TokenisedText tokenise(const std::string& text, std::size_t number) const;
    [[nodiscard]] std::vector<std::size_t> aligned(const std::string& text, const TokenisedText& tokenised,
                                                   std::size_t number);

    const Model& model_;
    StoredPosition position_;
    const Model* aligned_with_;
    std::size_t unspelt_ = 0;
    std::size_t matched_ = 0;
    std::size_t could_match_ = 0;
};

}  // namespace contrans
