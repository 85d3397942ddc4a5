#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/cli/command_line.h"
#include "apps/cli/conflict_text.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/output_file.h"
#include "apps/cli/session.h"
#include "apps/cli/staged_file.h"
#include "apps/cli/vector_plan.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/pipeline/layer_metrics.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/transplant/orthogonalise.h"
#include "contrans/transplant/vector_set.h"

namespace contrans::cli {
namespace {

struct ConflictsArguments {
    std::string target;
    std::vector<std::string> vectors;
    std::string numbering = "as-written";
    std::vector<std::string> tasks;
    std::size_t limit = 0;
    std::string orthogonalise;  // folder; empty: not asked for
    std::string neutral;
    std::string neutral_dev;
};

std::vector<TaskedVector> read_vectors(const ConflictsArguments& arguments) {
    std::vector<TaskedVector> vectors;
    for (const std::string& text : arguments.vectors) {
        ControlVector vector = read_dosed_vector(parse_dosed_file(text), parse_numbering(arguments.numbering));
        for (const TaskedVector& other : vectors) {
            if (other.vector.name != vector.name) continue;
            throw Error(ErrorKind::argument, "--vector " + text + ": another vector is named " +
                                                 in_quotes(vector.name) + " too; rename the file");
        }
        vectors.push_back({std::move(vector), std::nullopt});
    }
    if (vectors.size() < 2) {
        throw Error(ErrorKind::argument,
                    "--vector: needs at least two vectors (got " + std::to_string(vectors.size()) + ")");
    }
    return vectors;
}

TaskedVector& named(std::vector<TaskedVector>& vectors, const std::string& name, const std::string& option) {
    std::string known;
    for (TaskedVector& each : vectors) {
        if (each.vector.name == name) return each;
        known += (known.empty() ? "" : ", ") + each.vector.name;
    }
    throw Error(ErrorKind::argument,
                option + ": the name before = must be a vector's, " + known + " (got " + in_quotes(name) + ")");
}

void add_tasks(std::vector<TaskedVector>& vectors, const ConflictsArguments& arguments, std::uint64_t seed) {
    for (const std::string& text : arguments.tasks) {
        const std::string option = "--task " + text;
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos) throw Error(ErrorKind::argument, option + ": must be NAME=FILE");
        TaskedVector& vector = named(vectors, text.substr(0, equals), option);
        if (vector.task) throw Error(ErrorKind::argument, option + ": this vector has a task already");
        vector.task = limit_items(read_task(text.substr(equals + 1), Split::test), arguments.limit, seed);
    }
}

std::vector<std::string> output_files(const ConflictsArguments& arguments, const std::vector<TaskedVector>& vectors) {
    std::vector<std::string> files;
    if (arguments.orthogonalise.empty()) return files;
    for (const TaskedVector& each : vectors)
        files.push_back((std::filesystem::path(arguments.orthogonalise) / (each.vector.name + ".gguf")).string());
    return files;
}

/// Before long work; a folder that is missing is made later, where its own folder is there.
void require_room(const ConflictsArguments& arguments, const std::vector<std::string>& files) {
    if (files.empty()) return;
    const std::filesystem::path folder = arguments.orthogonalise;
    std::error_code none;
    if (!std::filesystem::exists(folder, none)) {
        require_writable(folder);
        return;
    }
    if (!std::filesystem::is_directory(folder, none))
        throw Error(ErrorKind::io, folder.string() + ": is a file, and a folder for the new vectors is needed");
    for (const std::string& file : files) {
        require_writable(file, {arguments.target});
        for (const std::string& vector : arguments.vectors) require_writable(file, {parse_dosed_file(vector).file});
    }
}

/// All or none.
void write_vectors(const std::vector<ControlVector>& vectors, const std::vector<std::string>& files) {
    if (vectors.empty()) return;
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::path(files.front()).parent_path();
    std::filesystem::create_directory(folder, error);
    if (error) throw Error(ErrorKind::io, folder.string() + ": cannot be made: " + error.message());
    std::vector<std::unique_ptr<StagedFile>> staged;
    for (std::size_t v = 0; v < vectors.size(); ++v) {
        staged.push_back(std::make_unique<StagedFile>(files[v]));
        write_control_vector(vectors[v], staged.back()->path());
    }
    for (const std::unique_ptr<StagedFile>& file : staged) file->place();
}

std::vector<ControlVector> plain(const std::vector<TaskedVector>& vectors) {
    std::vector<ControlVector> all;
    for (const TaskedVector& each : vectors) all.push_back(each.vector);
    return all;
}

InterferenceRequest request_of(const ConflictsArguments& arguments, const Session& session) {
    return {.neutral = read_neutral(arguments.neutral),
            .identity = session.identity_policy(),
            .seed = session.options().seed,
            .threads = session.options().threads};
}

/// What the files alone tell, before any model is loaded.
Conflicts read_all(const ConflictsArguments& arguments, const Session& session) {
    Conflicts conflicts;
    conflicts.vectors = read_vectors(arguments);
    add_tasks(conflicts.vectors, arguments, session.options().seed);
    conflicts.target = read_model_identity(arguments.target);
    for (std::size_t v = 0; v < conflicts.vectors.size(); ++v) {
        require_fits(conflicts.vectors[v].vector, parse_dosed_file(arguments.vectors[v]).file.string(),
                     conflicts.target, session.identity_policy());
    }
    conflicts.written = output_files(arguments, conflicts.vectors);
    require_room(arguments, conflicts.written);
    return conflicts;
}

ExitCode run_conflicts(const ConflictsArguments& arguments, Session& session) {
    Conflicts conflicts = read_all(arguments, session);
    const InterferenceRequest request = request_of(arguments, session);
    const std::vector<std::string> neutral_dev = read_neutral(arguments.neutral_dev);
    const std::vector<ControlVector> vectors = plain(conflicts.vectors);
    const std::shared_ptr<const Model> target = open_model(session, arguments.target);
    conflicts.metrics =
        measure_metrics(target, neutral_dev, shared_layers(vectors), session.options().threads, session.context());
    conflicts.matrix = conflict_matrix(vectors, conflicts.metrics);
    std::vector<ControlVector> orthogonal;  // before the long part: it may have no answer
    if (!conflicts.written.empty()) orthogonal = orthogonalise(vectors, conflicts.metrics, conflicts.target);
    conflicts.interference = measure_interference(target, conflicts.vectors, request, session.context());
    write_vectors(orthogonal, conflicts.written);
    session.show(to_json(conflicts, session.seconds()), to_text(conflicts, session.seconds()));
    return ExitCode::done;
}

void add_options(CLI::App& command, ConflictsArguments& arguments) {
    command.add_option("--target", arguments.target, "Target model (GGUF)")->required();
    command
        .add_option("--vector", arguments.vectors,
                    "Control vector (GGUF), two or more, as V.gguf or at another dose as V.gguf=0.4")
        ->required();
    command.add_option("--layer-numbering", arguments.numbering, "Of other engines' vectors: as-written or one-late")
        ->capture_default_str();
    command.add_option("--task", arguments.tasks,
                       "NAME=FILE: items that the vector of that name (its file's, without ending) is scored on alone "
                       "and with all others; lines with \"split\": \"test\", or a file without splits");
    command.add_option("--limit", arguments.limit, "Items of each task, drawn by chance; 0: all")
        ->check(whole_number_within(0, kLargestCount))
        ->capture_default_str();
    command.add_option("--orthogonalise", arguments.orthogonalise,
                       "Folder to write the vectors to, made orthogonal to each other in the whitened metric at the "
                       "doses they have");
    command.add_option("--neutral", arguments.neutral, "Texts that damage is measured on; default: built in");
    command.add_option("--neutral-dev", arguments.neutral_dev,
                       "Texts whose states give the whitened metric; default: built in");
}

}  // namespace

void add_conflicts_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<ConflictsArguments>();
    CLI::App& command =
        add_command(app, "conflicts", "How several vectors get in each other's way, and vectors that do so less",
                    "contrans conflicts --target gemma.gguf --vector happy.gguf --vector polite.gguf --task "
                    "happy=data/concepts/happiness/test.jsonl --task polite=data/concepts/polite/test.jsonl "
                    "--orthogonalise apart");
    add_options(command, *arguments);
    command.callback([&line, arguments] {
        line.run = [arguments](Session& session) { return run_conflicts(*arguments, session); };
    });
}

}  // namespace contrans::cli
