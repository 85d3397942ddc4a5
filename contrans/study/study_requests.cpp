#include "contrans/study/study_requests.h"

#include "contrans/concepts/contrast_pairs.h"
#include "contrans/evaluation/task.h"
#include "contrans/pipeline/neutral_texts.h"

namespace contrans {
namespace {

/// Of a task's items, as many as the study takes.
EvaluateRequest request_on(const Study& study, const std::filesystem::path& task, std::uint64_t seed) {
    EvaluateRequest request;
    request.task = limit_items(read_task(task, Split::test), study.items, seed);
    request.budget_nats = study.budget_nats;
    request.neutral_dev = read_neutral(study.neutral_dev);
    request.neutral_test = read_neutral(study.neutral_test);
    request.seed = seed;
    request.threads = 1;
    return request;
}

constexpr ControlChoice kNoControls = {false, false, false, false};

}  // namespace

TransplantRequest transplant_request(const Study& study, const std::string& name, std::uint64_t seed) {
    TransplantRequest request;
    request.name = name;
    request.budget_nats = study.budget_nats;
    request.neutral = read_neutral(study.neutral_dev);
    request.seed = seed;
    request.threads = 1;
    return request;
}

EvaluateRequest judge_request(const Study& study, const StudyConcept& of, std::uint64_t seed) {
    EvaluateRequest request = request_on(study, of.test, seed);
    request.dev_task = read_task(of.dev, Split::dev);
    request.native_pairs = read_contrast_pairs(of.pairs);
    request.native_position = of.position;
    request.instruction = of.instruction;
    request.few_shot = study.few_shot;
    request.controls = study.controls;
    return request;
}

EvaluateRequest source_request(const Study& study, const StudyConcept& of, std::uint64_t seed) {
    EvaluateRequest request = request_on(study, of.test, seed);
    request.instruction = of.instruction;
    request.controls = kNoControls;
    return request;
}

EvaluateRequest safety_request(const Study& study, const std::filesystem::path& task, std::uint64_t seed,
                               std::size_t threads) {
    EvaluateRequest request = request_on(study, task, seed);
    request.task.name = safety_task_name(task);
    request.controls = kNoControls;
    request.threads = threads;
    return request;
}

std::string safety_task_name(const std::filesystem::path& file) {
    const std::string folder = std::filesystem::absolute(file).parent_path().filename().string();
    return file.stem() == "test" ? folder : folder + "/" + file.stem().string();
}

}  // namespace contrans
