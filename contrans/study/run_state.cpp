#include "contrans/study/run_state.h"

namespace contrans {

RunState::RunState(const Study& of, const StudyModels& models, std::uint64_t run_seed, const StudyOptions& from,
                   StepCounter& steps)
    : study(of),
      seed(run_seed),
      options(from),
      requests(of, run_seed, from.judge),
      source(models.source, from),
      target(models.target, from),
      counter_(steps) {}

KeptStep RunState::kept(ContentKey& key, const std::string& ending,
                        const std::function<void(const std::filesystem::path&)>& make) {
    const std::string digest = key.digest();
    const std::filesystem::path file = options.folder / (digest + ending);
    const bool there = std::filesystem::exists(file);
    if (!there) make(file);
    counter_.count(there);
    return {digest, file};
}

void RunState::add_judge(ContentKey& key) const {
    if (options.judge) key.add("judged by").add(options.judge->name());
}

ControlVector named_after(const StudyConcept& of, const CarriedVector& vector) {
    ControlVector named = vector.treatment.vector;
    named.name = of.name;
    return named;
}

void add_optional_file(ContentKey& key, const std::filesystem::path& file) {
    file.empty() ? key.add("") : key.add_file(file);
}

}  // namespace contrans
