#include "contrans/harvest/activation_reader.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/json_lines.h"

namespace contrans {
namespace {

NpyReader open_states(const std::filesystem::path& folder, const ActivationIndex& index, std::size_t shard,
                      LayerIndex layer) {
    const std::filesystem::path file = states_file(folder, shard, layer);
    NpyReader states(file, numpy_descr(index.dtype));
    if (states.rows() != index.shards[shard].rows || states.cols() != index.model.d_model) {
        throw Error(ErrorKind::format, file.string() + ": must have the shape (" +
                                           std::to_string(index.shards[shard].rows) + ", " +
                                           std::to_string(index.model.d_model) + ") that the index names, not (" +
                                           std::to_string(states.rows()) + ", " + std::to_string(states.cols()) + ")");
    }
    return states;
}

}  // namespace

ActivationIndex read_activation_index(const std::filesystem::path& folder) {
    const std::filesystem::path file = index_file(folder);
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (!stream) throw Error(ErrorKind::io, file.string() + ": cannot be read; is this an activation store?");
    return index_from_json(text, file.string());
}

ActivationReader::ActivationReader(std::filesystem::path folder)
    : folder_(std::move(folder)), index_(read_activation_index(folder_)) {
    if (!index_.complete) {
        throw Error(ErrorKind::format, index_file(folder_).string() +
                                           ": the store is not complete; run the same contrans harvest to finish it");
    }
    read_texts();
    read_tokens();
    for (std::size_t shard = 0; shard < index_.shards.size(); ++shard) {
        for (const LayerIndex layer : index_.layers) (void)open_states(folder_, index_, shard, layer);
    }
}

void ActivationReader::read_texts() {
    read_json_lines(texts_file(folder_), [&](const nlohmann::json& object, const LinePlace& place) {
        const auto text = object.find("text");
        if (text == object.end() || !text->is_string()) reject_line(place, "needs a string \"text\"", "");
        texts_.push_back(text->get<std::string>());
    });
    if (texts_.size() != index_.n_texts()) {
        throw Error(ErrorKind::format, texts_file(folder_).string() + ": the index names " +
                                           std::to_string(index_.n_texts()) + " texts, got " +
                                           std::to_string(texts_.size()));
    }
}

void ActivationReader::read_tokens() {
    std::size_t first_text = 0;
    for (std::size_t shard = 0; shard < index_.shards.size(); ++shard) {
        const std::filesystem::path file = tokens_file(folder_, shard);
        const NpyReader table(file, kTokenDescr);
        const auto& [n_texts, n_rows] = index_.shards[shard];
        if (table.rows() != n_rows || table.cols() != kTokenColumns) {
            throw Error(ErrorKind::format, file.string() + ": must have the shape (" + std::to_string(n_rows) +
                                               ", 4) that the index names");
        }
        const std::size_t before = tokens_.size();
        tokens_.resize(before + n_rows);
        const std::span<StoredToken> of_shard = std::span(tokens_).subspan(before);
        table.read_rows(0, std::as_writable_bytes(of_shard));
        check_tokens(shard, first_text, of_shard);
        first_text += n_texts;
    }
    first_row_.assign(texts_.size() + 1, 0);
    for (const StoredToken& token : tokens_) ++first_row_[static_cast<std::size_t>(token.text) + 1];
    for (std::size_t t = 0; t < texts_.size(); ++t) first_row_[t + 1] += first_row_[t];
}

void ActivationReader::check_tokens(std::size_t shard, std::size_t first_text,
                                    std::span<const StoredToken> tokens) const {
    const auto first = static_cast<std::int64_t>(first_text);
    const auto end = first + static_cast<std::int64_t>(index_.shards[shard].texts);
    for (std::size_t r = 0; r < tokens.size(); ++r) {
        const StoredToken& token = tokens[r];
        const bool in_order = r == 0 || tokens[r - 1].text < token.text ||
                              (tokens[r - 1].text == token.text && tokens[r - 1].position < token.position);
        if (token.text >= first && token.text < end && in_order) continue;
        throw Error(ErrorKind::format, tokens_file(folder_, shard).string() + ": row " + std::to_string(r) +
                                           ": texts and positions must rise within the shard's texts " +
                                           std::to_string(first) + " to " + std::to_string(end - 1) + " (got text " +
                                           std::to_string(token.text) + ", position " + std::to_string(token.position) +
                                           ")");
    }
}

std::span<const StoredToken> ActivationReader::tokens(std::size_t text) const {
    return std::span(tokens_).subspan(first_row(text), first_row(text + 1) - first_row(text));
}

Matrix ActivationReader::read(LayerIndex layer, std::span<const std::size_t> rows) const {
    if (std::find(index_.layers.begin(), index_.layers.end(), layer) == index_.layers.end()) {
        throw Error(ErrorKind::argument, folder_.string() + ": layer " + std::to_string(layer.value) +
                                             " is not stored; its layers are in index.json");
    }
    std::vector<std::size_t> first_of_shard = {0};
    for (const ActivationShard& shard : index_.shards) first_of_shard.push_back(first_of_shard.back() + shard.rows);
    Matrix states(rows.size(), index_.model.d_model);
    std::vector<std::byte> encoded(index_.model.d_model * bytes_of(index_.dtype));
    std::optional<NpyReader> file;  // rows mostly follow each other: one open file will do
    std::size_t shard = 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        if (rows[r] >= tokens_.size()) {
            throw Error(ErrorKind::argument, folder_.string() + ": holds " + std::to_string(tokens_.size()) +
                                                 " rows, row " + std::to_string(rows[r]) + " was asked for");
        }
        if (!file || rows[r] < first_of_shard[shard] || rows[r] >= first_of_shard[shard + 1]) {
            const auto after = std::upper_bound(first_of_shard.begin(), first_of_shard.end(), rows[r]);
            shard = static_cast<std::size_t>(after - first_of_shard.begin()) - 1;
            file.emplace(open_states(folder_, index_, shard, layer));
        }
        file->read_rows(rows[r] - first_of_shard[shard], encoded);
        decode(encoded, index_.dtype, states.row(r));
        const auto row = states.row(r);
        if (!std::all_of(row.begin(), row.end(), [](float x) { return std::isfinite(x); })) {
            throw Error(ErrorKind::numeric, states_file(folder_, shard, layer).string() + ": row " +
                                                std::to_string(rows[r] - first_of_shard[shard]) + " is not finite");
        }
    }
    return states;
}

}  // namespace contrans
