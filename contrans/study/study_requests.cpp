#include "contrans/study/study_requests.h"

#include <algorithm>
#include <utility>

#include "contrans/concepts/contrast_pairs.h"
#include "contrans/pipeline/neutral_texts.h"

namespace contrans {
namespace {

constexpr ControlChoice kNoControls = {false, false, false, false};

}  // namespace

StudyRequests::StudyRequests(const Study& study, std::uint64_t seed, std::shared_ptr<Judge> judge)
    : study_(study), seed_(seed), judge_(std::move(judge)) {}

Task StudyRequests::development_task(const StudyConcept& of) const {
    Task task = read_task(of.dev, Split::dev);
    task.judge = judge_;
    return task;
}

Task StudyRequests::test_task(const std::filesystem::path& file, std::size_t items) const {
    Task task = limit_items(read_task(file, Split::test), items, seed_);
    task.judge = judge_;
    return task;
}

Task StudyRequests::test_task(const StudyConcept& of, std::size_t items) const {
    Task task = test_task(of.test, items);
    if (shares_task_name(of)) task.name = of.name;
    return task;
}

bool StudyRequests::shares_task_name(const StudyConcept& of) const {
    const auto name_of = [](const StudyConcept& one) { return task_name(one.test); };
    return std::ranges::count(study_.concepts, name_of(of), name_of) > 1;
}

TransplantRequest StudyRequests::transplant(const std::string& name) const {
    TransplantRequest request;
    request.name = name;
    request.budget_nats = study_.budget_nats;
    request.neutral = read_neutral(study_.neutral_dev);
    request.seed = seed_;
    request.threads = 1;
    return request;
}

EvaluateRequest StudyRequests::in_target(const StudyConcept& of) const {
    EvaluateRequest request = on(test_task(of, study_.items));
    request.dev_task = development_task(of);
    request.native_pairs = read_contrast_pairs(of.pairs);
    request.native.position = of.position;
    request.instruction = of.instruction;
    request.few_shot = study_.few_shot;
    request.controls = study_.controls;
    return request;
}

EvaluateRequest StudyRequests::in_source(const StudyConcept& of) const {
    EvaluateRequest request = on(test_task(of, study_.items));
    request.instruction = of.instruction;
    request.controls = kNoControls;
    return request;
}

EvaluateRequest StudyRequests::on_safeguard(const std::filesystem::path& task, std::size_t threads) const {
    EvaluateRequest request = on(test_task(task, study_.items));
    request.task.name = folder_task_name(task);
    request.controls = kNoControls;
    request.threads = threads;
    return request;
}

EvaluateRequest StudyRequests::on(Task test) const {
    EvaluateRequest request;
    request.task = std::move(test);
    request.budget_nats = study_.budget_nats;
    request.neutral_dev = read_neutral(study_.neutral_dev);
    request.neutral_test = read_neutral(study_.neutral_test);
    request.seed = seed_;
    request.threads = 1;
    return request;
}

std::string folder_task_name(const std::filesystem::path& file) {
    const std::string folder = std::filesystem::absolute(file).parent_path().filename().string();
    return file.stem() == "test" ? folder : folder + "/" + file.stem().string();
}

}  // namespace contrans
