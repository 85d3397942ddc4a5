#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/core/element_type.h"
#include "contrans/core/layer_index.h"
#include "contrans/core/model_identity.h"
#include "contrans/runtime/reading_options.h"

namespace contrans {

/// Which points of a text a store holds.
enum class StoredPosition {
    last,     ///< the last token
    mean,     ///< the mean over all tokens but the first
    all,      ///< every token
    aligned,  ///< tokens that end at the same character as a token of another model
};

[[nodiscard]] std::string to_string(StoredPosition position);
[[nodiscard]] StoredPosition parse_stored_position(std::string_view name);  ///< throws Error{argument}

/// One row of a store: a token of a text, or a whole text (position −1). Characters are counted from 0 in the text;
/// `end` is behind the last one, and −1 where the tokenizer does not spell the text. As stored: little-endian int32.
struct StoredToken {
    std::int32_t text = 0;
    std::int32_t position = 0;
    std::int32_t begin = 0;
    std::int32_t end = 0;
    friend bool operator==(const StoredToken&, const StoredToken&) = default;
};

inline constexpr std::string_view kTokenDescr = "<i4";
inline constexpr std::size_t kTokenColumns = 4;

/// Consecutive texts that are kept in one set of files.
struct ActivationShard {
    std::size_t texts = 0;
    std::size_t rows = 0;
    friend bool operator==(const ActivationShard&, const ActivationShard&) = default;
};

/// `index.json` of an activation store: what was read, how, and into which files (docs/activations.md).
struct ActivationIndex {
    ModelIdentity model;
    std::optional<ModelIdentity> aligned_with;
    std::optional<double> aligned_share;  ///< of this model's tokens, where aligned
    std::vector<LayerIndex> layers;
    StoredPosition position = StoredPosition::last;
    ElementType dtype = ElementType::f32;
    std::string made_by;       ///< program, version and what else decides the bits
    ReadingOptions reading;    ///< how it is read; a run that goes on keeps to it
    std::string texts_sha256;  ///< of texts.jsonl
    std::vector<ActivationShard> shards;
    bool complete = false;

    [[nodiscard]] std::size_t n_texts() const;
    [[nodiscard]] std::size_t n_rows() const;
};

[[nodiscard]] std::string index_to_json(const ActivationIndex& index);
/// @param origin  names the text in messages. Throws Error{format} naming origin and key for what is malformed.
[[nodiscard]] ActivationIndex index_from_json(std::string_view text, const std::string& origin);

/// What two indices differ in, in words; nothing when a run with `wanted` may go on where `stored` stopped. The shards
/// are the stored run's choice.
[[nodiscard]] std::optional<std::string> difference(const ActivationIndex& stored, const ActivationIndex& wanted);

[[nodiscard]] std::filesystem::path index_file(const std::filesystem::path& store);
[[nodiscard]] std::filesystem::path texts_file(const std::filesystem::path& store);
[[nodiscard]] std::filesystem::path tokens_file(const std::filesystem::path& store, std::size_t shard);
[[nodiscard]] std::filesystem::path states_file(const std::filesystem::path& store, std::size_t shard,
                                                LayerIndex layer);

}  // namespace contrans
