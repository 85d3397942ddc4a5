#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "contrans/harvest/activation_writer.h"
#include "contrans/harvest/harvester.h"

namespace contrans {

/// A text as it is read, and the rows that a store keeps of it. One row of position −1: the mean.
struct TextRows {
    std::vector<Token> tokens;
    std::vector<StoredToken> rows;  ///< positions rise
};

/// Reads a shard's texts and writes their rows as they come: no more of them is in memory than one batch (of means: one
/// row a text). Then commits the shard. Throws what harvest_texts and ShardWriter throw, and Error{numeric} naming
/// text, layer and value for a state that the store's element type cannot hold; then no file is left.
void harvest_shard(const std::shared_ptr<const Model>& model, std::span<const TextRows> texts,
                   const HarvestOptions& options, ShardWriter writer, const RunContext& context);

}  // namespace contrans
