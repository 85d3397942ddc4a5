#include "contrans/harvest/activation_writer.h"

#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/npy_file.h"
#include "contrans/harvest/activation_reader.h"

namespace contrans {
namespace {

bool is_partial(const std::filesystem::path& file) {
    return file.filename().string().find(".partial-") != std::string::npos;
}

/// What a run that was killed before its index was there may have left.
bool may_be_ours(const std::filesystem::path& store, const std::filesystem::path& file) {
    return file.filename() == ".lock" || is_partial(file) || file == texts_file(store);
}

/// Makes the folder, or sees that nothing else lives there, before a lock is left in it.
std::filesystem::path made_folder(std::filesystem::path folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error || !std::filesystem::is_directory(folder)) {
        throw Error(ErrorKind::io, folder.string() + ": cannot be made a folder: " +
                                       (error ? error.message() : "a file of that name is there"));
    }
    if (std::filesystem::exists(index_file(folder))) return folder;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (may_be_ours(folder, entry.path())) continue;
        throw Error(ErrorKind::argument, folder.string() + ": is no activation store, and holds " +
                                             entry.path().filename().string() + "; give an empty or new folder");
    }
    return folder;
}

/// Whether a file of that many rows is there.
bool holds(const std::filesystem::path& file, std::string_view descr, std::size_t rows, std::size_t cols) {
    try {
        const NpyReader reader(file, descr);
        return reader.rows() == rows && reader.cols() == cols;
    } catch (const Error&) {
        return false;
    }
}

}  // namespace

ShardWriter::ShardWriter(const std::filesystem::path& store, const ActivationIndex& index, std::size_t shard)
    : index_(index),
      rows_(index.shards.at(shard).rows),
      width_(index.model.d_model),
      tokens_file_(tokens_file(store, shard)),
      header_(npy_header(numpy_descr(index.dtype), rows_, width_)) {
    for (const LayerIndex layer : index.layers) {
        layers_.push_back(std::make_unique<AtomicFile>(states_file(store, shard, layer)));
        layers_.back()->write(header_);
    }
}

void ShardWriter::write(std::size_t layer, std::size_t first_row, MatrixView states) {
    encode({states.data, states.rows * states.cols}, index_.dtype, encoded_);
    const std::size_t offset = header_.size() + first_row * width_ * bytes_of(index_.dtype);
    layers_.at(layer)->write_at(offset, encoded_);
}

void ShardWriter::commit(std::span<const StoredToken> tokens) {
    if (tokens.size() != rows_) {
        throw Error(ErrorKind::argument, tokens_file_.string() + ": the shard has " + std::to_string(rows_) +
                                             " rows, got tokens for " + std::to_string(tokens.size()));
    }
    for (const auto& layer : layers_) layer->commit();
    AtomicFile file(tokens_file_);
    file.write(npy_header(kTokenDescr, rows_, kTokenColumns));
    file.write(std::as_bytes(tokens));
    file.commit();
}

ActivationWriter::ActivationWriter(std::filesystem::path folder, ActivationIndex wanted,
                                   std::span<const std::string> texts)
    : folder_(made_folder(std::move(folder))), lock_(folder_), index_(std::move(wanted)) {
    index_.complete = false;
    if (!std::filesystem::exists(index_file(folder_))) {
        start(texts);
        return;
    }
    const ActivationIndex stored = read_activation_index(folder_);
    if (const auto differs = difference(stored, index_)) {
        throw Error(ErrorKind::argument, folder_.string() + ": holds a store made otherwise (" + *differs +
                                             "); give another folder, or remove this one");
    }
    remove_partial_files();
    index_ = stored;
}

void ActivationWriter::start(std::span<const std::string> texts) {
    remove_partial_files();
    write_text_file(texts_file(folder_), texts_to_jsonl(texts));
    write_text_file(index_file(folder_), index_to_json(index_));
}

void ActivationWriter::remove_partial_files() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        std::error_code none;
        if (is_partial(entry)) std::filesystem::remove(entry, none);
    }
}

bool ActivationWriter::has(std::size_t shard) const {
    const std::size_t rows = index_.shards.at(shard).rows;
    if (!holds(tokens_file(folder_, shard), kTokenDescr, rows, kTokenColumns)) return false;
    for (const LayerIndex layer : index_.layers) {
        if (!holds(states_file(folder_, shard, layer), numpy_descr(index_.dtype), rows, index_.model.d_model))
            return false;
    }
    return true;
}

void ActivationWriter::finish() {
    if (index_.complete) return;
    index_.complete = true;
    write_text_file(index_file(folder_), index_to_json(index_));
}

std::string texts_to_jsonl(std::span<const std::string> texts) {
    std::string lines;
    for (const std::string& text : texts) {
        lines += nlohmann::ordered_json{{"text", text}}.dump() + "\n";
    }
    return lines;
}

}  // namespace contrans
