#include "contrans/evaluation/proxy_tuning.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

/// steered − unsteered, in place of steered.
void subtract(Matrix& steered, const Matrix& unsteered) {
    for (std::size_t r = 0; r < steered.rows(); ++r)
        std::ranges::transform(steered.row(r), unsteered.row(r), steered.row(r).begin(), std::minus<>());
}

}  // namespace

void require_same_vocabulary(const Model& small, const Model& target) {
    const std::string models = describe(small.identity()) + " and " + describe(target.identity());
    if (small.vocabulary_size() > target.vocabulary_size())
        throw Error(ErrorKind::model, "proxy-tuning needs one vocabulary: " + models + " have " +
                                          std::to_string(small.vocabulary_size()) + " and " +
                                          std::to_string(target.vocabulary_size()) + " tokens");
    for (Token token = 0; static_cast<std::size_t>(token) < small.vocabulary_size(); ++token) {
        const std::string ours = small.tokenizer().spelling(token);
        const std::string theirs = target.tokenizer().spelling(token);
        if (ours != theirs)
            throw Error(ErrorKind::model, "proxy-tuning needs one vocabulary: token " + std::to_string(token) + " of " +
                                              models + " is " + in_quotes(ours) + " and " + in_quotes(theirs));
    }
}

ProxyTuning::ProxyTuning(std::shared_ptr<const Model> small, std::shared_ptr<const SteeringPlan> steering,
                         const Model& target, std::size_t threads)
    : small_(std::move(small)), steering_(std::move(steering)), threads_(threads) {
    require_same_vocabulary(*small_, target);
}

std::vector<ItemScores> ProxyTuning::score(TaskScorer& target, const RunContext& context) const {
    TaskScorer reader(small_, target.task(), threads_);
    Matrix added = reader.read_logits(steering_, context);
    subtract(added, reader.read_logits(nullptr, context));
    return target.score_with(added, context);
}

Damage ProxyTuning::damage(const DamageMeter& target, std::span<const std::string> texts,
                           const NextTokenOptions& options, const RunContext& context) const {
    NextTokenReader reader(small_, texts, options);
    std::vector<Matrix> rows(2, Matrix(reader.rows(), small_->vocabulary_size()));
    const std::vector<std::shared_ptr<const SteeringPlan>> steerings = {nullptr, steering_};
    reader.read(
        steerings,
        [&](std::size_t s, std::size_t row, std::span<const float> logits) {
            std::ranges::copy(logits, rows[s].row(row).begin());
        },
        context);
    subtract(rows[1], rows[0]);
    return target.of_added(rows[1]);
}

}  // namespace contrans
