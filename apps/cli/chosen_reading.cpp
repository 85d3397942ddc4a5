#include "apps/cli/chosen_reading.h"

#include <sstream>

#include "apps/cli/machine.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/pipeline/measure_reading.h"
#include "contrans/runtime/engine.h"
#include "contrans/runtime/reading_memory.h"

namespace contrans::cli {
namespace {

// Some half a million tokens, beside which the trials are little.
constexpr std::size_t kLongRunBytes = 2'000'000;

std::string key_of(const Session& session, const Model& model) {
    const GlobalOptions& options = session.options();
    return model.identity().fingerprint + ", " + to_string(model.weights()) + ", " + machine_text() + ", " +
           std::to_string(threads_for({.threads = options.threads})) + " threads, " +
           (model.offloaded() ? "offloaded" : "on the CPU");
}

bool is_long(const std::vector<std::string>& texts) {
    std::size_t bytes = 0;
    for (const std::string& text : texts) bytes += text.size();
    return bytes >= kLongRunBytes;
}

std::string describe(const ReadingTrial& trial) {
    return "batches of " + std::to_string(trial.reading.batch_tokens) + ", engines of " +
           std::to_string(trial.reading.engine_threads) + (trial.reading.engine_threads == 1 ? " thread" : " threads") +
           ": " + fixed(trial.tokens_per_second, 0) + " tokens/s";
}

ReadingOptions measure(Session& session, const std::shared_ptr<const Model>& model,
                       const std::vector<std::string>& texts) {
    const auto trials = try_readings(model, texts, session.options().threads, session.context());
    const ReadingTrial best = fastest(trials);
    remember_reading(key_of(session, *model), best.reading);
    std::string note = "reading with " + describe(best) + "; remembered. Tried:";
    for (const ReadingTrial& trial : trials) note += " [" + describe(trial) + "]";
    session.note(note);
    return best.reading;
}

}  // namespace

ReadingOptions choose_reading(Session& session, const std::shared_ptr<const Model>& model,
                              const std::vector<std::string>& texts, Tuning tuning) {
    if (!session.ranks().is_first()) return {};  // the first rank's plan is everybody's
    if (tuning == Tuning::now) return measure(session, model, texts);
    if (const auto remembered = recall_reading(key_of(session, *model))) return *remembered;
    // Of several ranks the others would wait.
    if (session.ranks().size() == 1 && is_long(texts)) return measure(session, model, texts);
    return {};
}

ReadingOptions agreed_reading(const Session& session, const Model& model) {
    const ReadingOptions mine = recall_reading(key_of(session, model)).value_or(ReadingOptions{});
    std::istringstream agreed(
        session.ranks().broadcast(std::to_string(mine.batch_tokens) + " " + std::to_string(mine.engine_threads)));
    ReadingOptions reading;
    agreed >> reading.batch_tokens >> reading.engine_threads;
    return reading;
}

}  // namespace contrans::cli
