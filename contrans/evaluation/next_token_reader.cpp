#include "contrans/evaluation/next_token_reader.h"

#include <algorithm>
#include <utility>

#include "contrans/core/error.h"

namespace contrans {
namespace {

constexpr std::size_t kFewestTokens = 4;

}  // namespace

NextTokenReader::NextTokenReader(std::shared_ptr<const Model> model, std::span<const std::string> texts,
                                 const NextTokenOptions& options)
    : model_(std::move(model)) {
    const std::size_t wanted = options.texts == 0 ? texts.size() : std::min(options.texts, texts.size());
    for (const std::string& text : texts.first(wanted)) {
        std::vector<Token> tokens = model_->tokenizer().tokenise(text);
        if (tokens.size() < std::max(kFewestTokens, options.positions + 2)) continue;
        SequenceRequest request;
        first_row_.push_back(next_tokens_.size());
        for (std::size_t k = 0; k < options.positions; ++k) {
            const std::size_t position =
                std::max<std::size_t>(1, (k + 1) * (tokens.size() - 1) / (options.positions + 1));
            request.logit_positions.push_back(position);
            next_tokens_.push_back(tokens[position + 1]);
        }
        tokens.resize(request.logit_positions.back() + 1);
        request.tokens = std::move(tokens);
        requests_.push_back(std::move(request));
    }
    if (requests_.empty()) {
        throw Error(ErrorKind::argument,
                    "damage: needs neutral texts of at least " + std::to_string(kFewestTokens) + " tokens");
    }
    engine_ = std::make_unique<Engine>(model_, engine_options_for(*model_, requests_, options.threads));
}

void NextTokenReader::read(std::span<const std::shared_ptr<const SteeringPlan>> steerings, const Look& look,
                           const RunContext& context) {
    std::vector<SequenceRequest> requests;
    for (const auto& steering : steerings) {
        for (const SequenceRequest& request : requests_) {
            requests.push_back(request);
            requests.back().steering = steering;
        }
    }
    if (requests.empty()) return;
    const auto on_logits = [&](std::size_t request, std::size_t position, std::span<const float> logits) {
        const std::size_t text = request % requests_.size();
        const auto& positions = requests_[text].logit_positions;
        const auto k = static_cast<std::size_t>(std::ranges::find(positions, position) - positions.begin());
        look(request / requests_.size(), first_row_[text] + k, logits);
    };
    run_sequences(*engine_, requests, {.observed = {}, .on_points = {}, .on_logits = on_logits}, context);
}

}  // namespace contrans
