#include "tests/serve/served_world.h"

#include <limits>
#include <random>
#include <stdexcept>
#include <utility>

#include "contrans/linalg/products.h"
#include "contrans/transplant/control_vector_file.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/tiny_models.h"

namespace contrans::testing {

const std::shared_ptr<const Model>& served_model() { return tiny_source_model(); }

ControlVector served_vector(const std::vector<std::pair<std::size_t, double>>& layer_doses, unsigned seed) {
    constexpr double kSigma = 2;
    ControlVector vector;
    vector.target = served_model()->identity();
    vector.provenance = TransplantProvenance{};
    vector.provenance->concept_name = "planted";
    vector.provenance->source = {std::string(64, 'a'), "Small", "llama", 5, 30};
    vector.provenance->fit = "token-plain";
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (const auto& [layer, dose] : layer_doses) {
        std::vector<float> offset(served_model()->d_model());
        for (float& x : offset) x = normal(random);
        const double coefficient = dose * kSigma / norm(std::span<const float>(offset));
        for (float& x : offset) x = static_cast<float>(static_cast<double>(x) * coefficient);
        vector.layers.push_back({LayerIndex{layer}, offset, dose, coefficient, kSigma});
    }
    return vector;
}

const ConceptShelf& served_shelf() {
    static const std::unique_ptr<const ConceptShelf> shelf = [] {
        const TemporaryFolder folder;
        write_control_vector(served_vector({{2, 1.0}}, 1), folder / "calm.gguf");
        write_control_vector(served_vector({{1, 0.5}, {3, 1.0}}, 2), folder / "loud.gguf");
        write_control_vector(served_vector({{2, 1.0}}, 3), folder / "dry.gguf");
        auto made = std::make_unique<ConceptShelf>(served_model());
        made->load_folder(folder.path());
        return made;
    }();
    return *shelf;
}

RequestSteering steering_by(const std::vector<ConceptChoice>& choices) {
    return steering_of(served_shelf(), choices, DoseRule::any);
}

SchedulerOptions small_scheduler(std::size_t slots) {
    SchedulerOptions options;
    options.slots = slots;
    options.context_tokens = 96;
    options.batch_tokens = 32;
    options.prompt_rows_beside_answers = 16;
    options.threads = 1;
    return options;
}

CompletionRequest greedy(std::vector<Token> prompt, std::size_t max_tokens, RequestSteering steering) {
    CompletionRequest request;
    request.prompt = std::move(prompt);
    request.sampling.temperature = 0;
    request.sampling.logit_bias = {{0, -std::numeric_limits<double>::infinity()}};  // the end token
    request.max_tokens = max_tokens;
    request.logprobs = 4;
    request.steering = std::move(steering);
    return request;
}

std::vector<Token> tokens_of(const std::string& text) { return served_model()->tokenizer().tokenise(text); }

std::vector<Token> Written::ids() const {
    std::vector<Token> ids;
    for (const TokenReport& report : tokens) ids.push_back(report.token);
    return ids;
}

Written read_all(CompletionStream& stream) {
    Written all;
    while (auto piece = stream.next()) {
        all.text += piece->text;
        all.tokens.insert(all.tokens.end(), piece->tokens.begin(), piece->tokens.end());
    }
    all.end = stream.end();
    return all;
}

std::shared_ptr<CompletionStream> submitted(Scheduler& scheduler, CompletionRequest request) {
    auto answer = scheduler.submit(std::move(request));
    if (std::holds_alternative<Refused>(answer)) throw std::runtime_error("the scheduler refused a request");
    return std::get<std::shared_ptr<CompletionStream>>(answer);
}

Written written(Scheduler& scheduler, CompletionRequest request) {
    return read_all(*submitted(scheduler, std::move(request)));
}

}  // namespace contrans::testing
