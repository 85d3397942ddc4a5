#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/core/model_identity.h"
#include "contrans/evaluation/bootstrap.h"
#include "contrans/evaluation/judge.h"

namespace contrans {

/// What a condition stands for. The fixed ones are named so in `vector` too; a treatment's `vector` is its file's stem.
namespace role {
inline constexpr const char* kNone = "none";
inline constexpr const char* kNative = "native";
inline constexpr const char* kPrompt = "prompt";
inline constexpr const char* kFewShot = "few-shot";          ///< texts of the concept before every prompt
inline constexpr const char* kProxyTuning = "proxy-tuning";  ///< a small model's difference of logits (proxy_tuning.h)
inline constexpr const char* kTransplanted = "transplanted";
inline constexpr const char* kPaper = "paper";  ///< the paper's method, carried in the same run
inline constexpr const char* kShuffledMap = "shuffled-map";
inline constexpr const char* kShuffledLabels = "shuffled-labels";
inline constexpr const char* kRandomCovariance = "random-covariance";
inline constexpr const char* kRandomIsotropic = "random-isotropic";
}  // namespace role

/// The four controls, in the order of reports.
[[nodiscard]] std::span<const std::string_view> control_roles();
[[nodiscard]] bool is_control(std::string_view role);
[[nodiscard]] bool is_treatment(std::string_view role);  ///< transplanted or paper

/// One condition on one task by one metric.
struct ConditionResult {
    std::string vector;  ///< the file's stem, or a fixed role's name
    std::string role;    ///< one of the names above
    std::string task;
    std::string metric;
    std::size_t n = 0;  ///< items
    double value = 0;   ///< mean over items; drawn controls: over draws too
    double low = 0;     ///< 95% interval over groups and items
    double high = 0;
    std::optional<double> recovery;  ///< null where native − none is under kSmallestNativeGain or native was not run
    std::optional<double> recovery_low;
    std::optional<double> recovery_high;
    std::optional<double> kl_nats;           ///< damage on neutral test texts, mean over next tokens
    std::optional<double> perplexity_ratio;  ///< steered over unsteered on the same texts
    std::optional<double> dose;              ///< in units of σ (DESIGN §4)
    std::vector<std::size_t> layers;         ///< steered target layers
    std::size_t draws = 0;                   ///< 0: not a drawn control
    std::optional<double> percentile95;      ///< drawn controls: of the draws' values
    std::vector<double> item_values;         ///< [n]; drawn controls: each item's mean over draws
    std::vector<std::string> item_groups;    ///< [n] or empty
    std::string note;                        ///< e.g. "at the treatment's dose"; may be empty
};

/// One point of a dose curve, on development items.
struct DosePoint {
    std::string vector;
    std::string role;
    std::string task;
    double dose = 0;
    double value = 0;    ///< the task's primary metric
    double kl_nats = 0;  ///< on neutral development texts
};

/// One cell of the layer similarity map.
struct LayerSimilarity {
    LayerIndex source;
    LayerIndex target;
    double cka = 0;
    std::string used_by;  ///< vectors carried along this pair, for people; "": none
};

struct TaskSummary {
    std::string name;
    std::string file;
    std::string kind;  ///< "choice" or "truthful"
    std::size_t n_items = 0;
    std::size_t n_groups = 0;  ///< clusters of the bootstrap
};

enum class Outcome {
    works,             ///< moves the behaviour, beats every control, inside the damage budget
    native_is_better,  ///< works, and re-extracting natively moves more
    untested,          ///< moves the behaviour; no controls were run
    no_better_than_controls,
    no_effect,    ///< native moves the behaviour and this vector does not
    damages,      ///< over the damage budget
    cannot_tell,  ///< neither this vector nor native moves the behaviour
};

struct Verdict {
    std::string vector;
    std::string role;
    std::string task;
    Outcome outcome = Outcome::cannot_tell;
    std::string text;  ///< one sentence with the numbers in it
};

/// works, native_is_better and untested pass; the rest make `evaluate` exit with 6.
[[nodiscard]] bool passed(Outcome outcome);
[[nodiscard]] std::string to_string(Outcome outcome);
[[nodiscard]] Outcome parse_outcome(const std::string& name);  ///< throws Error{argument}

struct ReportProvenance {
    std::string tool_version;
    std::string command;  ///< as typed; may be empty
    std::string machine;
    std::string date;  ///< ISO 8601; may be empty
    std::uint64_t seed = 1;
    double seconds = 0;
    double budget_nats = 0;  ///< damage budget of the searches; 0: none
};

/// Everything one evaluation found out: the content of report.json.
struct EvaluationReport {
    ModelIdentity target;
    std::optional<ModelIdentity> source;  ///< nothing for other engines' vectors
    std::vector<TaskSummary> tasks;
    std::vector<ConditionResult> results;  ///< a vector's primary metric first
    std::vector<Verdict> verdicts;
    std::vector<DosePoint> dose_curve;
    std::vector<LayerSimilarity> similarity;
    ReportProvenance provenance;
    std::vector<JudgeCalibration> judges = {};  ///< of judged tasks, where labelled replies were given
};

/// The metric of the first result of a task; "" when it has none.
[[nodiscard]] std::string primary_metric(const EvaluationReport& report, std::string_view task);
/// The first result of a role on a task by its primary metric; null when there is none.
[[nodiscard]] const ConditionResult* find_result(const EvaluationReport& report, std::string_view task,
                                                 std::string_view role);
/// The same for a named vector.
[[nodiscard]] const ConditionResult* find_vector(const EvaluationReport& report, std::string_view task,
                                                 std::string_view vector);
/// What the same vector reaches on the same task by another metric; null where the task has no such metric.
[[nodiscard]] const ConditionResult* find_by_metric(const EvaluationReport& report, const ConditionResult& result,
                                                    std::string_view metric);
/// The tasks that have results, in the order of their first one.
[[nodiscard]] std::vector<std::string> task_names(const EvaluationReport& report);

/// What several draws of a random control say together.
struct DrawnControl {
    std::vector<double> item_values;  ///< [items] mean over draws
    double value = 0;                 ///< mean over draws and items
    double percentile95 = 0;          ///< of the draws' means, nearest rank
};

/// @param draws [draws][items]. Throws Error{argument} for no draws or draws of different lengths.
[[nodiscard]] DrawnControl summarise_draws(std::span<const std::vector<double>> draws);

/// Fills n, value, low, high of every result from its item values, and recovery from the none and native results of
/// the same task and metric where there are both (never for none itself).
/// Throws as the bootstrap does, naming vector, task and metric.
void summarise_results(EvaluationReport& report, const BootstrapOptions& options);

/// Several evaluations of one target as one report, in the order given. Rows that say the same are kept once.
/// Throws Error{argument} for none, for different targets or sources, and for rows of one vector, task and metric that
/// disagree.
[[nodiscard]] EvaluationReport merge_reports(std::span<const EvaluationReport> reports);

}  // namespace contrans
