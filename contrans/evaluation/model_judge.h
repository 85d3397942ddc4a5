#pragma once

#include <cstddef>
#include <memory>

#include "contrans/evaluation/judge.h"
#include "contrans/runtime/model.h"

namespace contrans {

/// A loaded model as judge: the log-likelihoods of yes and no, in small letters and with a capital, after its prompt,
/// which a model with a chat template of its own reads as a user's message.
class ModelJudge : public Judge {
public:
    /// @param threads 0: one per core
    ModelJudge(std::shared_ptr<const Model> model, std::size_t threads);

    [[nodiscard]] std::string name() const override;
    /// Also throws Error{argument} for a reply that its context does not hold.
    [[nodiscard]] std::vector<JudgeAnswer> ask(std::span<const JudgeQuestion> questions,
                                               const RunContext& context) override;

private:
    std::shared_ptr<const Model> model_;
    std::size_t threads_;
};

}  // namespace contrans
