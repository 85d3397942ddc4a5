#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/core/progress.h"
#include "contrans/core/text.h"
#include "contrans/linalg/matrix.h"
#include "contrans/runtime/model.h"
#include "contrans/runtime/reading_options.h"
#include "contrans/runtime/tokenizer.h"

namespace contrans {

struct HarvestOptions {
    std::vector<LayerIndex> layers;  ///< layers to read; everything above the deepest is not computed
    std::size_t threads = 0;         ///< 0: one per core
    ReadingOptions reading = {};
};

/// All layers but the last, which is slow to read and says little: what is read where none are asked for.
[[nodiscard]] std::vector<LayerIndex> all_but_last(std::size_t n_layers);

/// States of texts: one row a text.
struct TextStates {
    std::vector<LayerIndex> layers;
    std::vector<Matrix> states;  ///< per layer [texts, d_model]
};

/// Whether every text has the two tokens that a mean over all but the first needs.
[[nodiscard]] bool have_means(const Model& model, std::span<const Text> texts);

/// One point a text: its last token, or the mean over all tokens but the first (f64 accumulation).
/// Throws Error{argument} for a text longer than the model's context, Error{numeric} when a state is not finite,
/// Error{model} when the architecture shows no residual stream, Error{interrupted} on a stop.
[[nodiscard]] TextStates harvest_texts(const std::shared_ptr<const Model>& model, std::span<const Text> texts,
                                       TextPosition position, const HarvestOptions& options, const RunContext& context);
/// The same at several positions, from one reading.
[[nodiscard]] std::map<TextPosition, TextStates> harvest_texts(const std::shared_ptr<const Model>& model,
                                                               std::span<const Text> texts,
                                                               const std::set<TextPosition>& positions,
                                                               const HarvestOptions& options,
                                                               const RunContext& context);

/// Which tokens of a text to keep.
struct TokenSelection {
    std::vector<Token> tokens;           ///< the whole text, as read
    std::vector<std::size_t> positions;  ///< positions to keep, rising
};

/// States of tokens: one row for each selected position, texts in order, positions rising within a text.
struct TokenStates {
    std::vector<LayerIndex> layers;
    std::vector<Matrix> states;          ///< per layer [selected tokens, d_model]
    std::vector<std::size_t> first_row;  ///< [texts + 1] where each text's rows begin
};

/// Throws as harvest_texts does.
[[nodiscard]] TokenStates harvest_tokens(const std::shared_ptr<const Model>& model,
                                         std::span<const TokenSelection> texts, const HarvestOptions& options,
                                         const RunContext& context);

/// All positions of a text but the first: what σ and the covariance are measured on.
[[nodiscard]] TokenSelection all_but_first(std::vector<Token> tokens);

}  // namespace contrans
