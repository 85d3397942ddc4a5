#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/npy_file.h"
#include "contrans/harvest/activation_index.h"
#include "contrans/linalg/matrix.h"

namespace contrans {

/// Throws Error{io} when the folder's index cannot be read, Error{format} when it is malformed.
[[nodiscard]] ActivationIndex read_activation_index(const std::filesystem::path& folder);

/// A complete activation store: texts and tokens in memory, states read when asked for. Safe to share between threads.
class ActivationReader {
public:
    /// Throws Error{io} when a file cannot be read; Error{format} naming it when the store is not complete, a file is
    /// truncated, or one breaks a rule of docs/activations.md.
    explicit ActivationReader(std::filesystem::path folder);

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    [[nodiscard]] const ActivationIndex& index() const { return index_; }
    [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }
    /// Rows of the whole store that belong to a text: first_row(text) … first_row(text + 1) − 1.
    [[nodiscard]] std::size_t first_row(std::size_t text) const { return first_row_.at(text); }
    [[nodiscard]] std::span<const StoredToken> tokens(std::size_t text) const;

    /// Rows of one layer, in the order given. Throws Error{argument} for a layer that is not stored or a row past the
    /// end, Error{numeric} naming file and row for a state that is not finite, Error{io}.
    [[nodiscard]] Matrix read(LayerIndex layer, std::span<const std::size_t> rows) const;

private:
    void read_texts();
    void read_tokens();
    void check_tokens(std::size_t shard, std::size_t first_text, std::span<const StoredToken> tokens) const;

    std::filesystem::path folder_;
    ActivationIndex index_;
    std::vector<std::string> texts_;
    std::vector<StoredToken> tokens_;     // [rows]
    std::vector<std::size_t> first_row_;  // [texts + 1]
};

}  // namespace contrans
