#include "contrans/evaluation/damage.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/evaluation/log_softmax.h"

namespace contrans {
namespace {

constexpr std::size_t kFewestTokens = 4;

double log_probability(std::span<const float> logits, Token token) {
    return static_cast<double>(logits[static_cast<std::size_t>(token)]) - log_sum_exp(logits);
}

}  // namespace

DamageMeter::DamageMeter(std::shared_ptr<const Model> model, std::span<const std::string> texts,
                         const DamageOptions& options, const RunContext& context)
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
    unsteered_ = Matrix(next_tokens_.size(), model_->vocabulary_size());
    const auto keep = [&](std::size_t request, std::size_t position, std::span<const float> logits) {
        const auto& positions = requests_[request].logit_positions;
        const auto k =
            static_cast<std::size_t>(std::find(positions.begin(), positions.end(), position) - positions.begin());
        std::copy(logits.begin(), logits.end(), unsteered_.row(first_row_[request] + k).begin());
    };
    run_sequences(*engine_, requests_, {.observed = {}, .on_points = {}, .on_logits = keep}, context);
}

std::vector<Damage> DamageMeter::measure(std::span<const std::shared_ptr<const SteeringPlan>> steerings,
                                         const RunContext& context) {
    std::vector<SequenceRequest> requests;
    std::vector<std::size_t> steering_of;  // [requests]
    for (std::size_t s = 0; s < steerings.size(); ++s) {
        if (!steerings[s]) continue;  // the unsteered model does no damage to itself
        for (const SequenceRequest& request : requests_) {
            requests.push_back(request);
            requests.back().steering = steerings[s];
            steering_of.push_back(s);
        }
    }
    std::vector<double> kl(steerings.size(), 0.0);
    std::vector<double> surprise(steerings.size(), 0.0);  // summed loss of log-probability of the texts' own tokens
    const auto compare = [&](std::size_t request, std::size_t position, std::span<const float> logits) {
        const std::size_t text = request % requests_.size();
        const auto& positions = requests_[text].logit_positions;
        const auto k =
            static_cast<std::size_t>(std::find(positions.begin(), positions.end(), position) - positions.begin());
        const std::size_t row = first_row_[text] + k;
        const std::size_t steering = steering_of[request];
        kl[steering] += kl_divergence(unsteered_.row(row), logits);
        surprise[steering] +=
            log_probability(unsteered_.row(row), next_tokens_[row]) - log_probability(logits, next_tokens_[row]);
    };
    if (!requests.empty()) {
        run_sequences(*engine_, requests, {.observed = {}, .on_points = {}, .on_logits = compare}, context);
    }

    std::vector<Damage> damages;
    for (std::size_t s = 0; s < steerings.size(); ++s) {
        const auto rows = static_cast<double>(n());
        damages.push_back({kl[s] / rows, std::exp(surprise[s] / rows)});
    }
    return damages;
}

}  // namespace contrans
