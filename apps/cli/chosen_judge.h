#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "apps/cli/session.h"
#include "contrans/evaluation/judge.h"
#include "contrans/evaluation/task.h"

namespace contrans::cli {

/// Who judges what the target writes on a judged task.
struct JudgeArguments {
    std::string judge;  ///< a GGUF file, or "http://HOST:PORT"; empty: none
    std::string model;  ///< the endpoint's "model"
    std::string kept;   ///< file of an endpoint's answers; empty: one in the cache folder
    std::string labelled;
    std::size_t tries = 6;
    double patience = 60;  ///< seconds
};

void add_judge_options(CLI::App& command, JudgeArguments& arguments);

/// Null where none is asked for. Throws what opening a model or the kept answers throws.
[[nodiscard]] std::shared_ptr<Judge> open_judge(const JudgeArguments& arguments, const Session& session);

/// Throws Error{argument} for a judged task without a judge, and for a judge or labelled replies that nothing needs.
void require_judge_for(const Task& task, const JudgeArguments& arguments);

/// The judge's agreement with the labelled replies; none where there are no such.
[[nodiscard]] std::vector<JudgeCalibration> calibrations_of(const std::shared_ptr<Judge>& judge,
                                                            const JudgeArguments& arguments, Session& session);

}  // namespace contrans::cli
