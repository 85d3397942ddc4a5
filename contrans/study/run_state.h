#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "contrans/pipeline/evaluate.h"
#include "contrans/study/content_key.h"
#include "contrans/study/lazy_files.h"
#include "contrans/study/run_study.h"
#include "contrans/study/step_counter.h"
#include "contrans/study/study.h"
#include "contrans/study/study_requests.h"

namespace contrans {

/// What is kept of a step: its file, and the key that later steps depend on.
struct KeptStep {
    std::string key;
    std::filesystem::path file;
};

/// A vector of a run, and what later steps depend on.
struct CarriedVector {
    std::string key;
    Treatment treatment;
};

/// What all steps of one run share: what it is of, its models and maps, and where its steps are kept.
class RunState {
public:
    /// `of`, `from` and `steps` outlive this. Throws as reading the two models' identities.
    RunState(const Study& of, const StudyModels& models, std::uint64_t run_seed, const StudyOptions& from,
             StepCounter& steps);

    /// The step's file, made by `make` unless it is there, and counted.
    [[nodiscard]] KeptStep kept(ContentKey& key, const std::string& ending,
                                const std::function<void(const std::filesystem::path&)>& make);
    /// What judged tasks depend on beside the rest.
    void add_judge(ContentKey& key) const;

    const Study& study;
    const std::uint64_t seed;
    const StudyOptions& options;
    const StudyRequests requests;
    LazyModel source;
    LazyModel target;
    LazyMaps maps;

private:
    StepCounter& counter_;
};

/// The concept's first vector under the concept's own name, as tables over all concepts call it.
[[nodiscard]] ControlVector named_after(const StudyConcept& of, const CarriedVector& vector);

/// A file's bytes, or that there is none.
void add_optional_file(ContentKey& key, const std::filesystem::path& file);

}  // namespace contrans
