#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "contrans/evaluation/judge.h"

namespace contrans {

/// Lets several threads ask one judge, one after the other.
class SharedJudge : public Judge {
public:
    explicit SharedJudge(std::shared_ptr<Judge> judge) : judge_(std::move(judge)) {}

    [[nodiscard]] std::string name() const override { return judge_->name(); }
    [[nodiscard]] std::vector<JudgeAnswer> ask(std::span<const JudgeQuestion> questions,
                                               const RunContext& context) override {
        const std::lock_guard lock(mutex_);
        return judge_->ask(questions, context);
    }

private:
    std::shared_ptr<Judge> judge_;
    std::mutex mutex_;
};

}  // namespace contrans
