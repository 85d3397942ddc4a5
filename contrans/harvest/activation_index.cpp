#include "contrans/harvest/activation_index.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/json_reader.h"
#include "contrans/core/model_identity_json.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "contrans-activations";
constexpr std::size_t kIndexVersion = 1;

constexpr std::pair<StoredPosition, const char*> kPositions[] = {{StoredPosition::last, "last"},
                                                                 {StoredPosition::mean, "mean"},
                                                                 {StoredPosition::all, "all"},
                                                                 {StoredPosition::aligned, "aligned"}};

Json layers_to_json(const std::vector<LayerIndex>& layers) {
    Json list = Json::array();
    for (const LayerIndex layer : layers) list.push_back(layer.value);
    return list;
}

Json shards_to_json(const std::vector<ActivationShard>& shards) {
    Json list = Json::array();
    for (const ActivationShard& shard : shards) list.push_back({{"texts", shard.texts}, {"rows", shard.rows}});
    return list;
}

/// A name's value, or the reader's complaint about the key.
template <class Parse>
auto parsed(const JsonReader& json, const char* key, const Parse& parse) {
    try {
        return parse(json.get<std::string>(key));
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::argument) throw;
        json.fail(key, std::string("is not known: ") + error.what());
    }
}

std::vector<LayerIndex> read_layers(const JsonReader& json, std::size_t n_layers) {
    std::vector<LayerIndex> layers;
    for (const std::size_t layer : json.get<std::vector<std::size_t>>("layers")) {
        if (layer >= n_layers || (!layers.empty() && layer <= layers.back().value)) {
            json.fail("layers", "must rise and stay below the model's " + std::to_string(n_layers));
        }
        layers.push_back({layer});
    }
    if (layers.empty()) json.fail("layers", "must not be empty");
    return layers;
}

ReadingOptions read_reading(const JsonReader& json) {
    const ReadingOptions reading{json.get<std::size_t>("batch_tokens"), json.get<std::size_t>("engine_threads")};
    for (const char* key : {"batch_tokens", "engine_threads"}) {
        const auto value = json.get<std::size_t>(key);
        if (value == 0 || value > 65536) json.fail(key, "must lie within 1 and 65536");
    }
    return reading;
}

std::string shard_name(std::size_t shard) {
    const std::string number = std::to_string(shard);
    return "shard-" + std::string(5 - std::min<std::size_t>(5, number.size()), '0') + number;
}

}  // namespace

std::string to_string(StoredPosition position) {
    for (const auto& [known, name] : kPositions) {
        if (known == position) return name;
    }
    return "unknown";
}

StoredPosition parse_stored_position(std::string_view name) {
    for (const auto& [position, known] : kPositions) {
        if (name == known) return position;
    }
    throw Error(ErrorKind::argument, "position: must be last, mean, all or aligned, got \"" + std::string(name) + "\"");
}

std::size_t ActivationIndex::n_texts() const {
    return std::accumulate(shards.begin(), shards.end(), std::size_t{0},
                           [](std::size_t n, const ActivationShard& shard) { return n + shard.texts; });
}

std::size_t ActivationIndex::n_rows() const {
    return std::accumulate(shards.begin(), shards.end(), std::size_t{0},
                           [](std::size_t n, const ActivationShard& shard) { return n + shard.rows; });
}

std::string index_to_json(const ActivationIndex& index) {
    Json json = {{"format", kFormat}, {"version", kIndexVersion}, {"complete", index.complete}};
    json["model"] = identity_to_json(index.model);
    if (index.aligned_with) json["aligned_with"] = identity_to_json(*index.aligned_with);
    if (index.aligned_share) json["aligned_share"] = *index.aligned_share;
    json["layers"] = layers_to_json(index.layers);
    json["position"] = to_string(index.position);
    json["dtype"] = to_string(index.dtype);
    json["made_by"] = index.made_by;
    json["reading"] = {{"batch_tokens", index.reading.batch_tokens}, {"engine_threads", index.reading.engine_threads}};
    json["texts_sha256"] = index.texts_sha256;
    json["shards"] = shards_to_json(index.shards);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

ActivationIndex index_from_json(std::string_view text, const std::string& origin) {
    const Json object = parse_json(text, origin, "the index of an activation store");
    const JsonReader json(object, origin);
    if (json.get<std::string>("format") != kFormat) json.fail("format", std::string("must be \"") + kFormat + "\"");
    if (json.get<std::size_t>("version") != kIndexVersion) {
        json.fail("version", "must be " + std::to_string(kIndexVersion) + "; another version of contrans wrote it");
    }
    ActivationIndex index;
    index.complete = json.get<bool>("complete");
    index.model = identity_from_json(json.object("model"));
    if (index.model.d_model == 0) json.object("model").fail("d_model", "must not be 0");
    if (json.has("aligned_with")) index.aligned_with = identity_from_json(json.object("aligned_with"));
    index.aligned_share = json.number("aligned_share");
    index.layers = read_layers(json, index.model.n_layers);
    index.position = parsed(json, "position", parse_stored_position);
    index.dtype = parsed(json, "dtype", parse_element_type);
    index.made_by = json.get_or<std::string>("made_by", "");
    index.texts_sha256 = json.get_or<std::string>("texts_sha256", "");
    if (json.has("reading")) index.reading = read_reading(json.object("reading"));
    index.shards = json.list<ActivationShard>("shards", [](const JsonReader& shard) {
        return ActivationShard{shard.get<std::size_t>("texts"), shard.get<std::size_t>("rows")};
    });
    if (index.shards.empty()) json.fail("shards", "must not be empty");
    return index;
}

std::optional<std::string> difference(const ActivationIndex& stored, const ActivationIndex& wanted) {
    const auto differ = [](const std::string& what, const std::string& a, const std::string& b) {
        return what + " " + a + ", this run has " + b;
    };
    if (!(stored.model == wanted.model)) return differ("model", describe(stored.model), describe(wanted.model));
    if (stored.texts_sha256 != wanted.texts_sha256) return "other texts";
    if (stored.position != wanted.position)
        return differ("position", to_string(stored.position), to_string(wanted.position));
    if (stored.dtype != wanted.dtype) return differ("dtype", to_string(stored.dtype), to_string(wanted.dtype));
    if (stored.layers != wanted.layers)
        return differ("layers", layers_to_json(stored.layers).dump(), layers_to_json(wanted.layers).dump());
    if (stored.aligned_with != wanted.aligned_with) return "another model to align with";
    if (stored.made_by != wanted.made_by) return differ("made by", stored.made_by, wanted.made_by);
    return std::nullopt;
}

std::filesystem::path index_file(const std::filesystem::path& store) { return store / "index.json"; }
std::filesystem::path texts_file(const std::filesystem::path& store) { return store / "texts.jsonl"; }

std::filesystem::path tokens_file(const std::filesystem::path& store, std::size_t shard) {
    return store / (shard_name(shard) + ".tokens.npy");
}

std::filesystem::path states_file(const std::filesystem::path& store, std::size_t shard, LayerIndex layer) {
    return store / (shard_name(shard) + ".layer-" + std::to_string(layer.value) + ".npy");
}

}  // namespace contrans
