#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "contrans/runtime/engine.h"
#include "contrans/runtime/reading_options.h"
#include "contrans/runtime/sequence_request.h"

namespace contrans::bench {

/// How texts are read without the library's packing: text after text from its beginning, in the order given.
struct PlainReading {
    std::vector<LayerIndex> observed;  ///< layers asked of the engine; empty: none
    std::size_t engines = 1;           ///< of one thread each; the texts are shared out among them
    std::size_t texts_a_decode = 63;
    std::size_t batch_tokens = ReadingOptions{}.batch_tokens;
    /// Rows that want logits; with none and something observed, nothing above the deepest layer is computed.
    enum class Logits { none, last_row_of_batch, every_row } logits = Logits::none;
};

/// Reads all texts and copies their last tokens' states at the observed layers, as harvesting does.
void read_plainly(const std::shared_ptr<const Model>& model, std::span<const SequenceRequest> texts,
                  const PlainReading& reading);

}  // namespace contrans::bench
