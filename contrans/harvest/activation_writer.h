#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/atomic_file.h"
#include "contrans/core/folder_lock.h"
#include "contrans/harvest/activation_index.h"
#include "contrans/linalg/matrix.h"

namespace contrans {

/// The files of one shard while they are written: they appear when `commit` is called, the tokens' last.
/// One thread at a time.
class ShardWriter {
public:
    /// Throws Error{io} when a file cannot be made.
    ShardWriter(const std::filesystem::path& store, const ActivationIndex& index, std::size_t shard);

    [[nodiscard]] ElementType dtype() const { return index_.dtype; }
    /// Writes rows `first_row` … of the shard at one of the index's layers. Throws Error{io}.
    void write(std::size_t layer, std::size_t first_row, MatrixView states);
    /// The last call. Throws Error{argument} unless there is a token for every row, Error{io}.
    void commit(std::span<const StoredToken> tokens);

private:
    const ActivationIndex& index_;
    std::size_t rows_;
    std::size_t width_;
    std::filesystem::path tokens_file_;
    std::string header_;
    std::vector<std::unique_ptr<AtomicFile>> layers_;
    std::vector<std::byte> encoded_;
};

/// An activation store under writing: a folder that one run at a time fills shard by shard, and a later run continues.
///
/// index.json and texts.jsonl come first, so that the plan outlives the run; `complete` is set in the end.
class ActivationWriter {
public:
    /// Makes the folder, or continues what an earlier run with the same index left; its shards are then the plan.
    /// Throws Error{io} when the folder cannot be written or another run is at work in it; Error{argument} naming what
    /// differs when it holds a store made otherwise, or files that are no store.
    ActivationWriter(std::filesystem::path folder, ActivationIndex wanted, std::span<const std::string> texts);

    [[nodiscard]] const ActivationIndex& index() const { return index_; }
    /// Whether the shard's files are there, in full length.
    [[nodiscard]] bool has(std::size_t shard) const;
    [[nodiscard]] ShardWriter begin(std::size_t shard) const { return {folder_, index_, shard}; }
    /// Marks the store complete. Throws Error{io}.
    void finish();

private:
    void start(std::span<const std::string> texts);
    void remove_partial_files() const;

    std::filesystem::path folder_;
    FolderLock lock_;
    ActivationIndex index_;
};

/// What texts.jsonl holds: a line {"text": …} for each text.
[[nodiscard]] std::string texts_to_jsonl(std::span<const std::string> texts);

}  // namespace contrans
