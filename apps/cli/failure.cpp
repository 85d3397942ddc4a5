#include "apps/cli/failure.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "apps/cli/console.h"
#include "contrans/cluster/job.h"
#include "contrans/cluster/launch.h"

namespace contrans::cli {
namespace {

using std::chrono::milliseconds;

/// What is said of a failure, and what scripts get.
struct Failure {
    ExitCode code = ExitCode::unexpected;
    std::string text;
};

Failure failure_of(const CLI::App& app, const std::exception& error) {
    if (dynamic_cast<const CLI::ParseError*>(&error) != nullptr) {
        return {ExitCode::usage, std::string(error.what()) + " (see " + chosen_command(app) + " --help)"};
    }
    const auto* ours = dynamic_cast<const Error*>(&error);
    return {ours != nullptr ? exit_code_of(ours->kind()) : ExitCode::unexpected, error.what()};
}

constexpr const char* kEndedFromOutside = "mpirun ended the job, or a rank died: see its lines";

/// Who is first may speak: the rank itself, or its LateWord.
bool takes_the_word_here() {
    static std::atomic_flag taken;
    return !taken.test_and_set();
}

/// Waits so long, or until `stop`. @return whether the time has passed
bool passes(milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

/// Long enough for the second rank's turn below, and for the first rank's own word; short enough not to be killed
/// before.
milliseconds lateness() { return grace_from_environment() * 7 / 10; }

void speak_late(const std::stop_token& closing, const std::stop_token& stop, const std::string& who) {
    while (!stop.stop_requested()) {
        if (!passes(milliseconds(50), closing)) return;
    }
    if (!passes(lateness(), closing) || !takes_the_word_here()) return;
    print_error(who +
                ": interrupted: what was complete is kept, nothing is left half-written; the same command may be "
                "given again (" +
                std::string(kEndedFromOutside) + ")");
}

/// How long a rank lets others speak first. What befalls all ranks befalls them within a moment; a message needs one
/// too.
milliseconds turn_of(std::size_t rank, ExitCode code) {
    if (rank == 0) return milliseconds(50);
    if (code == ExitCode::interrupted) return grace_from_environment() * 15 / 100;
    return milliseconds(1000 + 100 * static_cast<int>(std::min<std::size_t>(rank, 100)));
}

/// Where a rank has died the others are ended: to call on many then means to call on the dead. The second rank speaks
/// where the first is the one that died.
bool may_speak(std::size_t rank, ExitCode code) { return code != ExitCode::interrupted || rank < 2; }

void tell_others(Job& job, ExitCode code) {
    for (std::size_t other = 0; other < job.ranks().size(); ++other) {
        if (other != job.ranks().rank() && may_speak(other, code)) job.tell(other);
    }
}

ExitCode end_job(Job& job, Failure failure) {
    const auto code = static_cast<int>(failure.code);
    const std::size_t rank = job.ranks().rank();
    if (!may_speak(rank, failure.code) || job.hears_another(turn_of(rank, failure.code))) job.await_end(code);
    if (failure.code == ExitCode::interrupted) failure.text += std::string(" (") + kEndedFromOutside + ")";
    const bool typed = failure.code == ExitCode::usage && rank == 0;  // the same everywhere
    if (takes_the_word_here()) print_error((typed ? "" : describe(job.ranks()) + ": ") + failure.text);
    tell_others(job, failure.code);
    job.abort(code);
    return failure.code;
}

}  // namespace

std::string chosen_command(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? "contrans" : "contrans " + chosen.front()->get_name();
}

LateWord::LateWord(const std::stop_token& stop, Job& job) {
    if (job.ranks().size() == 1 || !job.ranks().is_first()) return;
    waiter_ = std::jthread(speak_late, stop, describe(job.ranks()));
}

ExitCode report_failure(const CLI::App& app, const std::exception& error, Job* job) {
    const bool first = job == nullptr || job->ranks().is_first();
    if (const auto* parse = dynamic_cast<const CLI::ParseError*>(&error);
        parse != nullptr && parse->get_exit_code() == 0) {
        return first ? static_cast<ExitCode>(app.exit(*parse)) : ExitCode::done;
    }
    const Failure failure = failure_of(app, error);
    if (job != nullptr && job->ranks().size() > 1) return end_job(*job, failure);
    // Processes that could not join would say the same: the first one's end makes mpirun end the others within 2 s.
    if (const auto launch = launch_from_environment(); job == nullptr && launch && launch->rank > 0)
        std::this_thread::sleep_for(std::chrono::seconds(5));
    print_error(failure.text);
    return failure.code;
}

}  // namespace contrans::cli
