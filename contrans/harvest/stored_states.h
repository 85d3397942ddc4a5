#pragma once

#include <span>
#include <vector>

#include "contrans/core/text.h"
#include "contrans/harvest/activation_reader.h"
#include "contrans/harvest/harvester.h"

namespace contrans {

/// Whether a store of these positions has what stands for a text at this one.
[[nodiscard]] bool gives(StoredPosition stored, TextPosition position);

/// What harvest_texts would read, from a store that holds these texts: the last token's state from a store of last or
/// all positions, the mean from one of means or all positions.
/// Throws Error{argument} naming the text that the store lacks, a text of chat messages, a position that it cannot
/// give or a layer that is not stored, and what ActivationReader::read throws.
[[nodiscard]] TextStates stored_text_states(const ActivationReader& store, std::span<const Text> texts,
                                            TextPosition position, const std::vector<LayerIndex>& layers);

}  // namespace contrans
