#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "contrans/concepts/word_response.h"
#include "contrans/core/layer_index.h"
#include "contrans/core/model_identity.h"
#include "contrans/core/text.h"
#include "contrans/linalg/matrix.h"

namespace contrans {

/// How a direction is read off the states of the two classes.
enum class RefineMethod {
    mean,   ///< difference of the class means (ConTrans §3.1)
    pca,    ///< first principal component of the paired differences, sign towards the positive class
    probe,  ///< weights of an L2-penalised logistic regression, in raw units
};

/// How directions are read: by which method off which tokens.
struct Refinement {
    RefineMethod method = RefineMethod::mean;
    TextPosition position = TextPosition::last;

    friend bool operator==(const Refinement&, const Refinement&) = default;
};

[[nodiscard]] std::string to_string(RefineMethod method);
[[nodiscard]] std::string to_string(TextPosition position);
[[nodiscard]] std::string to_string(const Refinement& refinement);  ///< "mean/last"
/// Throw Error{argument} naming the value and the possible ones.
[[nodiscard]] RefineMethod parse_refine_method(const std::string& name);
[[nodiscard]] TextPosition parse_text_position(const std::string& name);
[[nodiscard]] Refinement parse_refinement(const std::string& name);

/// How well one layer's direction separates texts that it was not read from.
struct DirectionQuality {
    double norm = 0;          ///< L2 norm of the class difference along the direction, in units of the hidden state
    double held_out_auc = 0;  ///< area under the ROC curve of projections of held-out texts, cross-validated
    double split_half_cosine = 0;  ///< mean cosine between directions from random halves of the texts
};

/// One layer's direction and its controls.
struct ConceptLayer {
    LayerIndex layer;
    std::vector<float> direction;  ///< [d_source], in units of the hidden state (not normalised)
    DirectionQuality quality;
    Matrix shuffled;  ///< [draws, d_source] directions refined the same way from permuted class labels
};

/// The same texts refined another way, for a search by behaviour to try: nothing chooses by its quality, which is not
/// measured.
struct AlternativeRefinement {
    Refinement how;
    std::vector<ConceptLayer> layers;  ///< those of the concept itself, without quality
};

/// A concept as a direction per layer of its source model.
struct ConceptVector {
    std::string name;  ///< the file's stem
    Refinement how;
    ModelIdentity source;
    std::size_t n_positive = 0;
    std::size_t n_negative = 0;
    LayerIndex suggested_layer;
    std::vector<ConceptLayer> layers;          ///< in rising order of layer
    std::vector<std::uint64_t> text_shingles;  ///< hashes of the texts' word runs, for the leak check (core/shingles.h)
    std::vector<AlternativeRefinement> alternatives = {};
    /// What the source itself does when steered by each refinement, all of the same words. Empty where no model was
    /// there to ask; the own one's alone in older files.
    std::vector<WordResponse> responses = {};

    /// @param refinement  0: the concept's own, i: alternative i − 1
    /// Throws Error{argument} when the layer is not among `layers`.
    [[nodiscard]] const ConceptLayer& at(LayerIndex layer, std::size_t refinement = 0) const;
    [[nodiscard]] const Refinement& refinement(std::size_t i) const { return i == 0 ? how : alternatives[i - 1].how; }
    /// The own refinement's; null where no model was there to ask.
    [[nodiscard]] const WordResponse* response() const { return responses.empty() ? nullptr : &responses.front(); }
};

[[nodiscard]] std::vector<std::string> alternative_names(const ConceptVector& vector);
/// For people: "mean/last, also probe/last".
[[nodiscard]] std::string describe_refinements(const ConceptVector& vector);

}  // namespace contrans
