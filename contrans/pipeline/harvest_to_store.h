#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/cluster/communicator.h"
#include "contrans/core/progress.h"
#include "contrans/harvest/activation_index.h"
#include "contrans/runtime/model.h"

namespace contrans {

struct StoreRequest {
    std::vector<LayerIndex> layers;  ///< rising; empty: all but the last block
    StoredPosition position = StoredPosition::last;
    ElementType dtype = ElementType::f32;
    std::shared_ptr<const Model> aligned_with;  ///< whose tokens to align with; its tokenizer alone is used
    std::string made_by;                        ///< kept in the index; a run continues only what the same maker began
    std::size_t shard_tokens = 0;               ///< tokens read for one set of files; 0: 4,096 a thread, at least 8,192
    std::size_t threads = 0;                    ///< 0: one per core
    ReadingOptions reading = {};                ///< of a new store; a store that is continued has its own
};

struct StoreSummary {
    ActivationIndex index;
    std::size_t tokens_read = 0;    ///< by this run; on ranks but the first: by some of them
    std::size_t shards_kept = 0;    ///< found complete, from an earlier run
    std::size_t texts_unspelt = 0;  ///< kept no rows: a tokenizer does not spell them, so nothing aligns
};

/// Reads the texts with the model and keeps their states in a folder (docs/activations.md), or continues where an
/// earlier call with the same texts and request was stopped. The files are byte for byte those of a call that was not.
/// Several ranks share the reading, each every size-th shard of what is missing, into the one folder that all of them
/// see; the first rank plans, and alone looks after index and texts. The folder is complete on return of each.
/// Memory does not grow with the number of texts beyond their own characters and 8 bytes a text.
/// Throws, before anything is written, Error{argument} for texts that the model cannot read or a request that does not
/// fit it or differs between ranks, and Error{model} for a model that does not show the layers; Error{io} when a rank
/// does not see the folder that rank 0 writes; and what ActivationWriter and harvest_shard throw. An interrupted run
/// keeps the shards that it has read.
[[nodiscard]] StoreSummary harvest_to_store(const std::shared_ptr<const Model>& model,
                                            std::span<const std::string> texts, const std::filesystem::path& folder,
                                            const StoreRequest& request, const RunContext& context,
                                            Communicator& ranks = alone());

}  // namespace contrans
