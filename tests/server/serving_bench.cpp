#include "tests/server/serving_bench.h"
#include "tests/runtime/chat_template_with_tools.h"

#include <chrono>
#include <cmath>
#include <future>
#include <random>

#include "contrans/runtime/fingerprint.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"
#include "tests/tiny_model.h"

namespace contrans::testing {
namespace {

using nlohmann::json;

std::vector<float> random_direction(std::size_t width, unsigned seed, double length) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal(0, length / std::sqrt(static_cast<double>(width)));
    std::vector<float> values(width);
    for (float& value : values) value = static_cast<float>(normal(random));
    return values;
}

ControlVector vector_for(const ModelIdentity& target, const std::string& name, unsigned seed) {
    ControlVector vector;
    vector.target = target;
    vector.provenance = TransplantProvenance{};
    vector.provenance->concept_name = name;
    vector.provenance->method = "mean/last";
    vector.provenance->source = target;
    vector.provenance->source_layer = LayerIndex{1};
    vector.provenance->fit = "token-plain";
    vector.provenance->chosen_by = "given";
    vector.provenance->tool_version = "0";
    vector.layers = {{LayerIndex{2}, random_direction(target.d_model, seed, 20), 0.5, 2.0, 40.0}};
    return vector;
}

void write_vectors(const ServingFolder& folder) {
    const ModelIdentity target = read_model_identity(folder / "tiny.gguf");
    unsigned seed = 1;
    for (const std::string name : {"happy", "polite", "loud"}) {
        write_control_vector(vector_for(target, name, seed++), folder / ("vectors/" + name + ".gguf"));
    }
    write_control_set(
        {target, {{ControlDirection::Kind::shuffled_map, LayerIndex{2}, random_direction(target.d_model, 9, 1), 20.0}}},
        folder / "vectors/happy.controls.gguf");
    write_control_vector(vector_for(read_model_identity(folder / "other.gguf"), "other", 5),
                         folder / "strange/other.gguf");
    write_bytes(folder / "strange/words.gguf", "no vector at all");
}

}  // namespace

ServingFolder::ServingFolder() {
    std::filesystem::create_directories(folder_ / "vectors");
    std::filesystem::create_directories(folder_ / "strange");
    TinyModel model;
    model.chat_template = kChatTemplateWithTools;
    write_tiny_model(folder_ / "tiny.gguf", model);
    model.seed = 77;
    model.name = "Tiny other";
    write_tiny_model(folder_ / "other.gguf", model);
    write_vectors(*this);
}

ServingBench::ServingBench(const std::function<void(server::ServingOptions&)>& change) {
    server::ServingOptions options;
    options.vectors = folder_ / "vectors";
    options.scheduler = {.slots = 4, .context_tokens = 512, .batch_tokens = 64, .threads = 1, .queue_limit = 32};
    options.log = server::LogTarget::none;
    if (change) change(options);
    std::promise<server::Listening> listening;
    auto started = listening.get_future();
    thread_ = std::jthread([this, options, promise = std::move(listening)](const std::stop_token& stop) mutable {
        try {
            server::serve(Model::load(folder_ / "tiny.gguf"), options, stop,
                          [&](const server::Listening& got) { promise.set_value(got); });
        } catch (...) {
            promise.set_exception(std::current_exception());
        }
    });
    listening_ = started.get();
}

ServingBench::~ServingBench() { stop(); }

HttpAnswer ServingBench::get(const std::string& path, const std::string& headers) const {
    return ask(address(), "GET", path, "", headers);
}

HttpAnswer ServingBench::post(const std::string& path, const json& body, const std::string& headers) const {
    return ask(address(), "POST", path, body.dump(), headers);
}

HttpAnswer ServingBench::complete(const json& fields) const { return post("/v1/completions", completion_body(fields)); }

std::string ServingBench::text(const json& fields) const {
    const json answer = complete(fields).json();
    return answer.contains("choices") ? answer["choices"][0]["text"].get<std::string>() : "refused: " + answer.dump();
}

double ServingBench::metric(const std::string& name) const {
    const std::string text = get("/metrics").body;
    const std::string mark = "\n" + name + " ";
    const std::size_t at = text.find(mark);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + mark.size(), 30));
}

bool ServingBench::metric_becomes(const std::string& name, double value) const {
    for (int looks = 0; looks < 600; ++looks) {
        if (metric(name) == value) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
}

json completion_body(const json& fields) {
    json body = {{"prompt", "The weather is"}, {"temperature", 0}, {"max_tokens", 12}};
    body.update(fields);
    return body;
}

json chat_body(const json& fields) {
    json body = {{"messages", {{{"role", "user"}, {"content", "Hello"}}}}, {"temperature", 0}, {"max_tokens", 12}};
    body.update(fields);
    return body;
}

}  // namespace contrans::testing
