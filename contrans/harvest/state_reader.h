#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/harvest/activation_reader.h"
#include "contrans/harvest/harvester.h"
#include "contrans/harvest/text_numbers.h"

namespace contrans {

/// A text's points as one model sees it: its tokens, or those of them that a store kept.
struct TextPoints {
    std::vector<std::size_t> char_ends;  ///< [points] characters of the text up to each one's end, weakly rising; 0 for
                                         ///< points that hold no text yet
    /// Whether the text's first token is the first point, or was not kept.
    enum class FirstToken { there, left_out } first_token = FirstToken::there;
    std::vector<Token> tokens = {};  ///< [points] where a model reads
    std::size_t first_row = 0;       ///< where a store has them
};

/// Points of a text to read, rising. The text must outlive it.
struct PointSelection {
    const TextPoints* text = nullptr;
    std::vector<std::size_t> points;
};

/// Where the states of one side of a map come from: a model, or a store of what a model showed before.
/// Safe to share between threads.
class StateReader {
public:
    /// What a text's points are: its tokens, its last token alone, or the mean of its tokens.
    enum class Points { tokens, last, mean };

    virtual ~StateReader() = default;
    StateReader(const StateReader&) = delete;
    StateReader& operator=(const StateReader&) = delete;

    [[nodiscard]] virtual const ModelIdentity& identity() const = 0;
    [[nodiscard]] virtual Points points() const = 0;
    /// Null where there is none, but a store.
    [[nodiscard]] virtual std::shared_ptr<const Model> model() const { return nullptr; }
    /// Whether the layer can be read.
    [[nodiscard]] virtual bool has(LayerIndex layer) const = 0;
    /// Nothing for a text that the tokenizer does not spell, or that the store lacks.
    /// Throws Error{argument} for a text longer than the model's context.
    [[nodiscard]] virtual std::optional<TextPoints> find(const std::string& text) const = 0;
    /// Rows in the order of the texts. Throws what harvest_tokens and ActivationReader::read throw.
    [[nodiscard]] virtual TokenStates read(std::span<const PointSelection> texts, const HarvestOptions& options,
                                           const RunContext& context) const = 0;

protected:
    StateReader() = default;
};

/// The model itself reads, in the way that is given here, whatever the options say.
class ModelStateReader : public StateReader {
public:
    explicit ModelStateReader(std::shared_ptr<const Model> model, const ReadingOptions& reading = {})
        : model_(std::move(model)), reading_(reading) {}

    [[nodiscard]] const ModelIdentity& identity() const override { return model_->identity(); }
    [[nodiscard]] Points points() const override { return Points::tokens; }
    [[nodiscard]] std::shared_ptr<const Model> model() const override { return model_; }
    [[nodiscard]] bool has(LayerIndex layer) const override { return layer.value < model_->n_layers(); }
    [[nodiscard]] std::optional<TextPoints> find(const std::string& text) const override;
    [[nodiscard]] TokenStates read(std::span<const PointSelection> texts, const HarvestOptions& options,
                                   const RunContext& context) const override;

private:
    std::shared_ptr<const Model> model_;
    ReadingOptions reading_;
};

/// From a store (docs/activations.md).
class StoredStateReader : public StateReader {
public:
    explicit StoredStateReader(std::shared_ptr<const ActivationReader> store);

    [[nodiscard]] const ModelIdentity& identity() const override { return store_->index().model; }
    [[nodiscard]] Points points() const override;
    [[nodiscard]] bool has(LayerIndex layer) const override;
    [[nodiscard]] std::optional<TextPoints> find(const std::string& text) const override;
    [[nodiscard]] TokenStates read(std::span<const PointSelection> texts, const HarvestOptions& options,
                                   const RunContext& context) const override;

private:
    std::shared_ptr<const ActivationReader> store_;
    TextNumbers numbers_;
};

}  // namespace contrans
