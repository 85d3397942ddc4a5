#include "tests/cli/workbench.h"

#include <chrono>
#include <memory>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "contrans/concepts/concept_vector_file.h"
#include "contrans/core/artefact_file.h"
#include "contrans/core/shingles.h"
#include "contrans/mapping/map_file.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"
#include "ggml.h"
#include "gguf.h"
#include "tests/tiny_model.h"

namespace contrans::testing {
namespace {

// More than 8 words, in pairs.jsonl and leaky_map.gguf's corpus.
const std::string kSharedText = "The letter that my sister wrote to us from the island was long and glad.";

std::vector<float> random_values(std::size_t n, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> values(n);
    for (float& value : values) value = normal(random);
    return values;
}

Matrix random_matrix(std::size_t rows, std::size_t cols, unsigned seed) {
    Matrix matrix(rows, cols);
    const std::vector<float> values = random_values(rows * cols, seed);
    std::copy(values.begin(), values.end(), matrix.data());
    return matrix;
}

ConceptVector example_concept(const ModelIdentity& source) {
    ConceptVector vector;
    vector.name = "joy";
    vector.source = source;
    vector.n_positive = 6;
    vector.n_negative = 6;
    vector.suggested_layer = LayerIndex{1};
    for (unsigned k = 0; k < 3; ++k) {
        vector.layers.push_back({LayerIndex{k},
                                 random_values(source.d_model, k),
                                 {1.0, 0.9, 0.8},
                                 random_matrix(4, source.d_model, 10 + k)});
    }
    vector.text_shingles = merge_shingles({{shingles(kSharedText)}});
    return vector;
}

MapEntry example_entry(const MapSet& maps, std::size_t from, std::size_t to, FitKind kind) {
    const auto seed = static_cast<unsigned>(100 + 10 * from + to);
    const std::size_t rows = maps.target.d_model;
    const std::size_t cols = maps.source.d_model;
    return {
        LayerIndex{from},
        LayerIndex{to},
        kind,
        AffineMap(random_matrix(rows, cols, seed), std::vector<float>(rows)),
        AffineMap(random_matrix(rows, cols, seed + 1), std::vector<float>(rows)),
        {.rows = 50, .rank = 40, .penalty = 0, .held_out_r2 = 0.4, .held_out_r2_standard = 0.3, .directional = 0.5}};
}

MapSet example_map(const ModelIdentity& source, const ModelIdentity& target, const std::string& corpus_text) {
    MapSet maps;
    maps.source = source;
    maps.target = target;
    maps.n_texts = 50;
    maps.token_match = 0.9;
    for (const auto& [from, to] : {std::pair{1, 2}, std::pair{2, 3}}) {
        const auto layer = [](int number) { return static_cast<std::size_t>(number); };
        maps.similarity.push_back({LayerIndex{layer(from)}, LayerIndex{layer(to)}, 0.5});
        maps.target_scale.push_back({LayerIndex{layer(to)}, 10.0});
        for (const FitKind kind : {FitKind::paper, FitKind::token_plain}) {
            maps.entries.push_back(example_entry(maps, layer(from), layer(to), kind));
        }
    }
    maps.corpus_shingles = merge_shingles({{shingles(corpus_text)}});
    return maps;
}

ControlVector example_vector(const ModelIdentity& source, const ModelIdentity& target, unsigned seed = 7,
                             std::size_t at = 3) {
    ControlVector vector;
    vector.target = target;
    vector.provenance = TransplantProvenance{};
    vector.provenance->concept_name = "joy";
    vector.provenance->method = "mean/last";
    vector.provenance->source = source;
    vector.provenance->source_layer = LayerIndex{2};
    vector.provenance->fit = "token-plain";
    vector.provenance->chosen_by = "given";
    vector.provenance->tool_version = "0";
    vector.layers = {{LayerIndex{at}, random_values(target.d_model, seed), 0.5, 2.0, 20.0}};
    return vector;
}

ControlSet example_controls(const ModelIdentity& target) {
    return {target,
            {{ControlDirection::Kind::shuffled_map, LayerIndex{3}, random_values(target.d_model, 8), 20.0},
             {ControlDirection::Kind::shuffled_labels, LayerIndex{3}, random_values(target.d_model, 9), 20.0}}};
}

/// A control vector as other engines write it.
void write_foreign_vector(const std::filesystem::path& file, std::size_t width, const std::vector<int>& layers) {
    const std::unique_ptr<gguf_context, decltype(&gguf_free)> gguf(gguf_init_empty(), gguf_free);
    const std::unique_ptr<ggml_context, decltype(&ggml_free)> memory(
        ggml_init({.mem_size = std::size_t{1} << 20, .mem_buffer = nullptr, .no_alloc = false}), ggml_free);
    gguf_set_val_str(gguf.get(), "general.architecture", "controlvector");
    gguf_set_val_str(gguf.get(), "controlvector.model_hint", "llama");
    for (const int layer : layers) {
        ggml_tensor* tensor = ggml_new_tensor_1d(memory.get(), GGML_TYPE_F32, static_cast<std::int64_t>(width));
        const std::vector<float> values = random_values(width, static_cast<unsigned>(layer));
        std::copy(values.begin(), values.end(), static_cast<float*>(tensor->data));
        ggml_set_name(tensor, ("direction." + std::to_string(layer)).c_str());
        gguf_add_tensor(gguf.get(), tensor);
    }
    if (!gguf_write_to_file(gguf.get(), file.c_str(), false)) throw std::runtime_error("cannot write " + file.string());
}

std::string task_lines(const std::string& word, std::size_t n) {
    std::string lines;
    for (std::size_t i = 0; i < n; ++i) {
        const std::string number = std::to_string(i);
        lines += R"({"prompt": ")" + word + " day " + number + R"( was", "choices": [" good", " bad"], "answer": )" +
                 std::to_string(i % 2) + R"(, "group": "g)" + std::to_string(i % 4) + "\"}\n";
    }
    return lines;
}

std::string plain_lines(const std::string& beginning, std::size_t n) {
    std::string lines;
    for (std::size_t i = 0; i < n; ++i) lines += beginning + " number " + std::to_string(i) + " stands on the shelf.\n";
    return lines;
}

void copy_cut(const std::filesystem::path& from, const std::filesystem::path& to) {
    const std::string bytes = read_bytes(from);
    write_bytes(to, bytes.substr(0, bytes.size() - bytes.size() / 3));
}

}  // namespace

std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files[entry.path().filename()] = read_bytes(entry.path());
    return files;
}

bool appears(const std::filesystem::path& file) {
    for (int looks = 0; looks < 6000; ++looks) {
        if (std::filesystem::exists(file)) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

Workbench::Workbench() {
    write_texts();
    write_broken_texts();
    write_models();
    write_artefacts();
    write_vectors();
    write_broken_files();
}

ProgramResult Workbench::run(const std::string& arguments) const { return run(arguments, {}); }

ProgramResult Workbench::run(const std::string& arguments, ProgramSetup setup) const {
    setup.folder = path();
    return run_program("--threads 1 --keep-quants " + arguments, setup);
}

void Workbench::write_expanding_cache(const std::string& name) const {
    const std::filesystem::path folder = *this / name / "expanded";
    std::filesystem::create_directories(folder);
    const std::string fingerprint = read_model_identity(*this / "source.gguf").fingerprint;
    std::filesystem::copy_file(*this / "source.gguf", folder / (fingerprint + ".bf16.gguf"));
}

std::set<std::string> Workbench::files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path())) {
        names.insert(std::filesystem::relative(entry.path(), path()).string());
    }
    return names;
}

void Workbench::write_texts() const {
    std::string pairs = R"({"positive": ")" + kSharedText + R"(", "negative": "Nothing came."})" + "\n";
    for (int i = 0; i < 5; ++i) {
        const std::string number = std::to_string(i);
        pairs += R"({"positive": "A fine day )" + number + R"(.", "negative": "A grey night )" + number + ".\"}\n";
    }
    write_bytes(*this / "pairs.jsonl", pairs);
    write_bytes(*this / "corpus.txt", plain_lines("The old book", 40));
    write_bytes(*this / "neutral.txt", plain_lines("A cup", 10));
    write_bytes(*this / "dev.jsonl", task_lines("Any", 8));
    write_bytes(*this / "test.jsonl", task_lines("Some", 8));
    write_bytes(*this / "judged.jsonl", R"({"prompt": "A day was", "judge": "Is it kind?", "max_tokens": 3})"
                                        "\n"
                                        R"({"prompt": "A night was", "judge": "Is it kind?", "max_tokens": 3})"
                                        "\n");
    write_bytes(*this / "labelled.jsonl",
                R"({"prompt": "How?", "reply": "Well, thank you.", "judge": "Is it kind?", "label": 1})"
                "\n"
                R"({"prompt": "How?", "reply": "Go away.", "judge": "Is it kind?", "label": 0})"
                "\n");
    write_bytes(*this / "prompts.jsonl", R"({"prompt": "One"})"
                                         "\n"
                                         R"({"prompt": [{"role": "user", "content": "Two"}]})"
                                         "\n");
    std::filesystem::create_directory(*this / "folder");
}

void Workbench::write_broken_texts() const {
    const std::string line = R"({"positive": "up", "negative": "down"})"
                             "\n";
    write_bytes(*this / "empty.jsonl", "");
    write_bytes(*this / "one_class.jsonl", R"({"text": "up", "label": "positive"})"
                                           "\n"
                                           R"({"text": "high", "label": "positive"})"
                                           "\n");
    write_bytes(*this / "both_classes.jsonl", line + R"({"positive": "down", "negative": "low"})"
                                                     "\n");
    write_bytes(*this / "malformed.jsonl", line + "{\"positive\": \"high\", \n");
    write_bytes(*this / "number.jsonl", line + R"({"positive": 7, "negative": "low"})"
                                               "\n");
    write_bytes(*this / "label.jsonl", line + R"({"text": "high", "label": "good"})"
                                              "\n");
    write_bytes(*this / "long.jsonl", line + R"({"positive": ")" + std::string(2000, 'x') +
                                          R"(", "negative": "low"})"
                                          "\n");
    write_bytes(*this / "bytes.txt", "A good line.\nA bad \xFF byte.\n");
    write_bytes(*this / "bytes.jsonl", "{\"text\": \"A cut \xC3\"}\n");
    write_bytes(*this / "endless.txt", "A short text.\n" + std::string(2000, 'x') + "\n");
    write_bytes(*this / "unwritten.txt", "A text with tokens.\n~~~\n");
    write_bytes(*this / "few.txt", "One text.\nAnother text.\n");
    write_bytes(*this / "table.csv", "a,b\n");
    write_bytes(*this / "task_malformed.jsonl", task_lines("Any", 2) + "{\n");
    write_bytes(*this / "task_answer.jsonl", R"({"prompt": "a", "choices": ["b", "c"], "answer": 2})"
                                             "\n");
    write_bytes(*this / "only_dev.jsonl", R"({"prompt": "a", "choices": ["b", "c"], "answer": 1, "split": "dev"})"
                                          "\n");
    write_bytes(*this / "task_shared.jsonl", task_lines("Some more", 2) + "\n" + task_lines(" sOME ", 1));
    write_bytes(*this / "task_halves.jsonl", R"({"prompt": "a  B", "choices": ["b", "c"], "answer": 1, "split": "dev"})"
                                             "\n"
                                             R"({"prompt": "A b", "choices": ["b", "c"], "answer": 1, "split": "test"})"
                                             "\n");
    write_bytes(*this / "task_one_choice.jsonl", R"({"prompt": "a", "choices": ["b"], "answer": 0})"
                                                 "\n");
    write_bytes(*this / "task_all_false.jsonl", R"({"prompt": "a", "choices": ["b", "c"], "labels": [0, 0], "best": 0})"
                                                "\n");
    write_bytes(*this / "prompts_malformed.jsonl", R"({"prompt": "One"})"
                                                   "\n"
                                                   R"({"text": "Two"})"
                                                   "\n");
    write_bytes(*this / "report_malformed.json", "{\"results\": 3}");
}

void Workbench::write_models() const {
    write_tiny_model(*this / "source.gguf", tiny_source());
    write_tiny_model(*this / "target.gguf", tiny_target());
    TinyModel other = tiny_target();
    other.name = "Tiny other";
    other.seed = 3;
    write_tiny_model(*this / "other.gguf", other);
    TinyModel without_tilde = tiny_source();
    without_tilde.left_out = "~";
    without_tilde.name = "Tiny without a tilde";
    write_tiny_model(*this / "without_tilde.gguf", without_tilde);
    TinyModel encoder = tiny_source();
    encoder.architecture = "eurobert";
    encoder.name = "Tiny encoder";
    write_tiny_model(*this / "encoder.gguf", encoder);
    TinyModel unknown = tiny_source();
    unknown.architecture = "unheard-of";
    write_tiny_model(*this / "unknown.gguf", unknown);
}

void Workbench::write_artefacts() const {
    const ModelIdentity source = read_model_identity(*this / "source.gguf");
    const ModelIdentity target = read_model_identity(*this / "target.gguf");
    const ModelIdentity other = read_model_identity(*this / "other.gguf");
    write_concept_vector(example_concept(source), *this / "concept.gguf");
    write_concept_vector(example_concept(target), *this / "target_concept.gguf");
    write_map_set(example_map(source, target, "Nothing of interest stands in this text, or so I think."),
                  *this / "map.gguf");
    write_map_set(example_map(source, target, kSharedText), *this / "leaky_map.gguf");
    write_map_set(example_map(other, target, "Nothing."), *this / "other_map.gguf");
    MapSet next = example_map(target, other, "Nothing.");
    write_map_set(next, *this / "next_map.gguf");
    std::erase_if(next.entries, [](const MapEntry& entry) { return entry.source_layer == LayerIndex{2}; });
    write_map_set(next, *this / "astray_map.gguf");
    next.entries.clear();
    write_map_set(next, *this / "empty_map.gguf");
}

void Workbench::write_vectors() const {
    const ModelIdentity source = read_model_identity(*this / "source.gguf");
    const ModelIdentity target = read_model_identity(*this / "target.gguf");
    write_control_vector(example_vector(source, target), *this / "vector.gguf");
    write_control_set(example_controls(target), *this / "vector.controls.gguf");
    std::filesystem::copy_file(*this / "vector.gguf", *this / "native.gguf");
    std::filesystem::copy_file(*this / "vector.gguf", *this / "twin.gguf");
    write_control_vector(example_vector(source, target, 17), *this / "second.gguf");
    write_control_vector(example_vector(source, target, 18, 2), *this / "elsewhere.gguf");
    write_control_vector(example_vector(source, read_model_identity(*this / "other.gguf")),
                         *this / "other_vector.gguf");
    write_foreign_vector(*this / "foreign.gguf", target.d_model, {1, 2});
    write_foreign_vector(*this / "narrow.gguf", 64, {1});
    write_foreign_vector(*this / "deep.gguf", target.d_model, {9});
}

void Workbench::write_broken_files() const {
    for (const std::string name : {"target", "concept", "map", "vector"}) {
        copy_cut(*this / (name + ".gguf"), *this / ("cut_" + name + ".gguf"));
    }
    write_bytes(*this / "words.gguf", "This is no such file, whatever its name says.\n");
    ArtefactWriter stranger("stranger");
    const std::vector<float> values(8, 1.0F);
    stranger.add_tensor("weights", values);
    stranger.write(*this / "stranger.gguf");
}

}  // namespace contrans::testing
