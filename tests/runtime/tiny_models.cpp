#include "tests/runtime/tiny_models.h"

#include <array>
#include <cstdlib>
#include <random>
#include <stdexcept>

#include "tests/core/temporary_folder.h"

namespace contrans::testing {
namespace {

const TemporaryFolder& folder() {
    static const TemporaryFolder made;
    return made;
}

std::filesystem::path models_folder() {
    if (const char* cache = std::getenv("CONTRANS_CACHE"); cache != nullptr && *cache != '\0') {
        return std::filesystem::path(cache) / "models";
    }
    const char* home = std::getenv("HOME");
    return std::filesystem::path(home == nullptr ? "" : home) / ".cache" / "contrans" / "models";
}

}  // namespace

const std::filesystem::path& tiny_source_file() {
    static const std::filesystem::path file = write_tiny_model(folder() / "tiny-source.gguf", tiny_source());
    return file;
}

const std::shared_ptr<const Model>& tiny_source_model() {
    static const std::shared_ptr<const Model> model = Model::load(tiny_source_file());
    return model;
}

const std::shared_ptr<const Model>& tiny_target_model() {
    static const std::shared_ptr<const Model> model =
        Model::load(write_tiny_model(folder() / "tiny-target.gguf", tiny_target()));
    return model;
}

std::string english(std::size_t n_bytes, unsigned seed) {
    static constexpr std::array<std::string_view, 24> kWords = {
        "the",  "other", "water", "stands", "and",   "never",  "over", "ship", "ring", "a",    "bridge", "to",
        "rain", "found", "with",  "seven",  "under", "garden", "slow", "iron", "one",  "late", "window", "again"};
    std::mt19937 random(seed + 1);
    std::string text = "The";
    while (text.size() < n_bytes) text.append(" ").append(kWords[random() % kWords.size()]);
    return text;
}

TinyModel tiniest() {
    TinyModel model;
    model.name = "Tiniest";
    model.d_model = 8;
    model.layers = 1;
    model.heads = 2;
    return model;
}

std::shared_ptr<const Model> real_model(std::string_view file_name) {
    const std::filesystem::path file = models_folder() / file_name;
    if (!std::filesystem::exists(file)) {
        throw std::runtime_error(file.string() + " is missing: run ./scripts/fetch-models smollm2 gemma3");
    }
    return Model::load(file);
}

std::shared_ptr<const Model> real_smollm2() { return real_model("smollm2-135m-instruct-q4_1.gguf"); }
std::shared_ptr<const Model> real_gemma3() { return real_model("gemma-3-270m-q4_k_m.gguf"); }

}  // namespace contrans::testing
