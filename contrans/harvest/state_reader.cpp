#include "contrans/harvest/state_reader.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {

std::optional<TextPoints> ModelStateReader::find(const std::string& text) const {
    TokenisedText tokenised = model_->tokenizer().tokenise_with_ends(text);
    if (tokenised.tokens.size() > model_->trained_context()) {
        throw Error(ErrorKind::argument, "harvest: the text " + in_quotes(text) + " has " +
                                             std::to_string(tokenised.tokens.size()) + " tokens; " +
                                             describe(model_->identity()) + " reads at most " +
                                             std::to_string(model_->trained_context()) + ": split it");
    }
    if (tokenised.offsets != TokenisedText::Offsets::exact) return std::nullopt;
    return TextPoints{.char_ends = characters_before(text, tokenised.byte_ends), .tokens = std::move(tokenised.tokens)};
}

TokenStates ModelStateReader::read(std::span<const PointSelection> texts, const HarvestOptions& options,
                                   const RunContext& context) const {
    std::vector<TokenSelection> selections;
    for (const PointSelection& text : texts) selections.push_back({text.text->tokens, text.points});
    return harvest_tokens(model_, selections, {options.layers, options.threads, reading_}, context);
}

StoredStateReader::StoredStateReader(std::shared_ptr<const ActivationReader> store)
    : store_(std::move(store)), numbers_(store_->texts()) {}

StateReader::Points StoredStateReader::points() const {
    switch (store_->index().position) {
        case StoredPosition::last:
            return Points::last;
        case StoredPosition::mean:
            return Points::mean;
        case StoredPosition::all:
        case StoredPosition::aligned:
            break;
    }
    return Points::tokens;
}

bool StoredStateReader::has(LayerIndex layer) const {
    return std::ranges::find(store_->index().layers, layer) != store_->index().layers.end();
}

std::optional<TextPoints> StoredStateReader::find(const std::string& text) const {
    const std::optional<std::size_t> number = numbers_.find(text);
    if (!number) return std::nullopt;
    const std::span<const StoredToken> tokens = store_->tokens(*number);
    TextPoints points{.char_ends = {}, .first_row = store_->first_row(*number)};
    if (tokens.empty() || tokens.front().position != 0) points.first_token = TextPoints::FirstToken::left_out;
    for (const StoredToken& token : tokens) {
        if (token.end < 0) return std::nullopt;
        points.char_ends.push_back(static_cast<std::size_t>(token.end));
    }
    return points;
}

TokenStates StoredStateReader::read(std::span<const PointSelection> texts, const HarvestOptions& options,
                                    const RunContext& context) const {
    std::vector<std::size_t> rows;
    TokenStates states{.layers = options.layers, .states = {}, .first_row = {0}};
    for (const PointSelection& text : texts) {
        for (const std::size_t point : text.points) rows.push_back(text.text->first_row + point);
        states.first_row.push_back(rows.size());
    }
    for (const LayerIndex layer : options.layers) {
        context.throw_if_stopped();
        states.states.push_back(store_->read(layer, rows));
    }
    return states;
}

}  // namespace contrans
