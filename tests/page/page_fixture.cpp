// page_fixture FOLDER: what the page's tests serve. tiny.gguf with a chat template and plain.gguf without, vectors/
// with happy (all evidence, a report beside it), polite (evidence without a report), foreign (another engine's) and
// strange (a concept's name that is markup), keys, and registries: records/ with an audit log of 250 records, edited/
// with one of them changed; rollouts/ with one of each state, whose gates have data; team/ with personas, one of them
// in two versions and by somebody whose name is markup.
#include <soci/soci.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "contrans/evaluation/report_json.h"
#include "contrans/registry/persona_store.h"
#include "contrans/registry/registry.h"
#include "contrans/registry/rollout_store.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/transplant/control_vector_file.h"
#include "tests/runtime/chat_template_with_tools.h"
#include "tests/tiny_model.h"

namespace contrans {
namespace {

namespace fs = std::filesystem;

constexpr double kDose = 0.5;
constexpr const char* kMarkup = "<img src=x onerror=\"document.title='owned'\">";

std::vector<float> random_direction(std::size_t width, unsigned seed, double length) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal(0, length / std::sqrt(static_cast<double>(width)));
    std::vector<float> values(width);
    for (float& value : values) value = static_cast<float>(normal(random));
    return values;
}

TransplantProvenance provenance_of(const std::string& name, const ModelIdentity& source) {
    TransplantProvenance from;
    from.concept_name = name;
    from.method = "mean/last";
    from.source = source;
    from.source_layer = LayerIndex{1};
    from.fit = "token-plain";
    from.held_out_r2 = 0.42;
    from.token_match = 0.95;
    from.map_rows = 39336;
    from.chosen_by = "behaviour";
    from.agreement = AgreementEvidence{0.61, 0.12, 0.03};
    from.dev_value = 0.92;
    from.dev_unsteered = 0.2;
    from.kl_nats = 0.4;
    from.tool_version = "0";
    return from;
}

ControlVector vector_of(const ModelIdentity& target, const std::string& shown_name, unsigned seed,
                        double dose = kDose) {
    ControlVector vector;
    vector.target = target;
    vector.provenance = provenance_of(shown_name, target);
    vector.layers = {{LayerIndex{2}, random_direction(target.d_model, seed, 20), dose, 2.0, 40.0}};
    return vector;
}

ConditionResult result_of(const std::string& vector, const std::string& role, double value) {
    ConditionResult result;
    result.vector = vector;
    result.role = role;
    result.task = "happiness";
    result.metric = "choice";
    result.n = 64;
    result.item_values.assign(result.n, value);
    result.value = value;
    result.low = std::max(value - 0.1, 0.0);
    result.high = std::min(value + 0.06, 1.0);
    return result;
}

EvaluationReport report_of(const ModelIdentity& target) {
    EvaluationReport report;
    report.target = target;
    report.source = target;
    report.tasks = {{"happiness", "happiness.jsonl", "choice", 64, 8}};
    report.results = {result_of("none", "none", 0.16), result_of("happy", "transplanted", 0.97),
                      result_of("native", "native", 0.94), result_of("shuffled-map", "shuffled-map", 0.23),
                      result_of("random-covariance", "random-covariance", 0.19)};
    ConditionResult& own = report.results[1];
    own.recovery = 1.04;
    own.kl_nats = 0.41;
    own.dose = kDose;
    own.layers = {2};
    report.verdicts = {{"happy", "transplanted", "happiness", Outcome::works, "Works: 0.16 unsteered, 0.97 carried."}};
    report.dose_curve = {{"happy", "transplanted", "happiness", 0.25, 0.75, 0.1},
                         {"happy", "transplanted", "happiness", 0.5, 0.95, 0.4},
                         {"happy", "transplanted", "happiness", 0.75, 1.0, 1.1}};
    report.provenance.tool_version = "0";
    report.provenance.date = "2026-01-02T03:04:05Z";
    report.provenance.budget_nats = 0.5;
    return report;
}

void write_vectors(const fs::path& folder, const ModelIdentity& target) {
    fs::create_directories(folder);
    write_control_vector(vector_of(target, "happiness", 1), folder / "happy.gguf");
    write_report(report_of(target), folder / "happy.report.json");
    write_control_vector(vector_of(target, "politeness", 2), folder / "polite.gguf");
    write_control_vector(vector_of(target, kMarkup, 3, 0.4567), folder / "strange.gguf");
    ControlVector foreign = vector_of(target, "", 4);
    foreign.target.reset();
    foreign.provenance.reset();
    foreign.layers[0].sigma = foreign.layers[0].dose = foreign.layers[0].coefficient = 0;
    write_control_vector(foreign, folder / "foreign.gguf");
}

AuditEvent event_of(int place) {
    const std::string id = "id=cmpl-" + std::to_string(place) + " route=POST /v1/completions status=";
    if (place == 3) return {kMarkup, "registry.add", kMarkup, "1", "", "", "", "done", kMarkup};
    if (place == 4) return {"=1+1", "registry.tag", "happy", "1", "", "", "", "done", "tag \"good\", moved"};
    if (place % 50 == 0) return {"anna", "request", "", "", "", "", "", "refused", id + "400 refused=concepts[0].name"};
    if (place % 2 == 0) return {"anna", "request", "happy", "1", "0.5", "2", "", "stop", id + "200"};
    return {"support",
            "request",
            "happy;polite",
            "1;sha256:0123456789abcdef",
            "0.3;-0.5",
            "2;2",
            "",
            "length",
            id + "200 prompt_tokens=12 generated_tokens=64"};
}

/// A record a minute, the first one at 2026-01-01T00:01:00Z.
void write_registry(const fs::path& folder) {
    constexpr Microseconds kBegin = 1'767'225'600'000'000;
    std::vector<TimedEvent> events;
    for (int place = 1; place <= 250; ++place) events.push_back({kBegin + place * 60'000'000LL, event_of(place)});
    Registry registry(folder, {OpenMode::create, "fixture"});
    registry.database().write([&](soci::session& session) { append_audit(session, events); });
}

void edit_a_record(const fs::path& folder) {
    Registry registry(folder, {OpenMode::existing, "fixture"});
    registry.database().write([](soci::session& session) { session << "UPDATE audit SET dose = '0' WHERE place = 7"; });
}

/// @param who  takes part: two rollouts of one key do not run at once
RolloutPlan plan_of(const std::string& name, const std::string& concept_name, const std::string& who) {
    return parse_rollout_plan(R"({"rollout": 1, "name": )" + nlohmann::json(name).dump() +
                                  R"(, "note": "of the page's tests",
        "treatment": [{"concept": ")" +
                                  concept_name + R"(", "dose": 0.3}], "keys": [")" + who + R"("],
        "stages": [{"pilot": ["boss"]}, {"percent": 25}, {"percent": 50}, {"percent": 100}],
        "gates": [{"metric": "error", "margin": 0.05}, {"metric": "refusal", "margin": 0.02},
                  {"metric": "slow", "seconds": 20, "most": 0.2}, {"metric": "thumbs_down", "margin": 0}],
        "least_users": 40})",
                              "fixture");
}

/// One user more of the second stage, 30 s after the last: `bad` of a hundred answers of the treatment decline, 2 of a
/// hundred of the control's.
CountedAnswer answer_of(const RolloutPlan& plan, int number, int bad) {
    const std::string unit = "u" + std::to_string(number);
    const Arm arm = number % 4 == 0 ? Arm::treatment : Arm::control;
    const double declines = number * 37 % 100 < (arm == Arm::treatment ? bad : 2) ? 1 : 0;
    const auto outcome = [&](const std::string& gate, double value) {
        return RolloutOutcome{plan.name, 1, gate, unit, arm, value};
    };
    CountedAnswer answer{{"answer-" + plan.name + unit, plan.name, 1, unit, arm}, {}};
    answer.outcomes = {outcome(std::string(kAssigned), 1), outcome("error", 0), outcome("refusal", declines),
                       outcome("slow > 20 s, at most 0.2", number % 17 == 0 ? 1 : 0)};
    return answer;
}

/// Begun, through its pilot, and counting at 25 %.
void run_rollout(RolloutStore& store, Microseconds& now, const RolloutPlan& plan, int users, int bad) {
    (void)store.plan(plan, "anna");
    (void)store.start(plan.name, "anna");
    const RolloutOutcome piloted{plan.name, 0, "slow > 20 s, at most 0.2", "", Arm::treatment, 0};
    std::vector<CountedAnswer> pilots(40, {{"", plan.name, 0, "", Arm::treatment}, {piloted}});
    for (std::size_t i = 0; i < pilots.size(); ++i) {
        const std::string unit = "p" + std::to_string(i);
        pilots[i].answer.id = "answer-" + plan.name + unit;
        pilots[i].answer.unit = pilots[i].outcomes[0].unit = unit;
    }
    (void)store.count(pilots);
    (void)store.promote(plan.name, "anna");
    for (int i = 1; i <= users; ++i) {
        now += 30'000'000;
        const std::vector<CountedAnswer> one{answer_of(plan, i, bad)};
        (void)store.count(one);
    }
}

void write_rollouts(const fs::path& folder) {
    { const Registry made(folder, {OpenMode::create, "fixture"}); }
    Microseconds now = 1'767'225'600'000'000;  // 2026-01-01T00:00:00Z
    RolloutStore store(Database(sqlite_backend(folder / "registry.db", OpenMode::existing)), [&] { return now; });
    run_rollout(store, now, plan_of("happy-support", "happy", "caller"), 400, 3);
    run_rollout(store, now, plan_of("happy-sales", "happy", "loader"), 400, 40);
    RolloutPlan guarded = plan_of("polite-support", "polite", "boss");
    guarded.approvals = 1;
    (void)store.plan(guarded, "anna");
    (void)store.plan(plan_of("<img/src=x/onerror=\"document.title='owned'\">", "polite", "boss"), kMarkup);
}

void write_personas(const fs::path& folder) {
    { const Registry made(folder, {OpenMode::create, "fixture"}); }
    Microseconds now = 1'767'225'600'000'000;  // 2026-01-01T00:00:00Z
    PersonaStore store(Database(sqlite_backend(folder / "registry.db", OpenMode::existing)),
                       [&] { return now += 60'000'000; });
    Persona warm{"warm-support", "for replies to customers", {{"polite", 0.3}, {"happy", 0.1}}};
    (void)store.save(warm, "anna");
    warm.note = kMarkup;
    warm.concepts[0].dose = 0.4;
    (void)store.save(warm, kMarkup);
    (void)store.save({"brisk", "", {{"happy", 1, 3, "project_out", "generated"}, {"gone", 0.2}}}, "bob");
}

void write_text(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

void write_all(const fs::path& folder) {
    testing::TinyModel model;
    model.context = 4096;
    model.words = 600;                                  // most of what it writes can be seen,
    model.tensors = testing::TinyModel::Tensors::full;  // and with a head of its own it does not repeat what it read
    testing::write_tiny_model(folder / "plain.gguf", model);
    model.chat_template = testing::kChatTemplateWithTools;
    testing::write_tiny_model(folder / "tiny.gguf", model);
    write_vectors(folder / "vectors", read_model_identity(folder / "tiny.gguf"));
    fs::create_directories(folder / "no-vectors");
    write_text(folder / "keys",
               "call a-key-that-may-call-alone caller\nload a-key-that-may-load-too loader\nadminister "
               "a-key-that-may-administer boss\nadminister a-key-of-somebody-else second\n");
    write_registry(folder / "records");
    write_registry(folder / "edited");
    edit_a_record(folder / "edited");
    write_rollouts(folder / "rollouts");
    write_personas(folder / "team");
}

}  // namespace
}  // namespace contrans

int main(int argc, char** argv) try {
    if (argc != 2) {
        std::cerr << "usage: page_fixture FOLDER\n";
        return 2;
    }
    contrans::write_all(argv[1]);
    return 0;
} catch (const std::exception& error) {
    std::cerr << "page_fixture: " << error.what() << '\n';
    return 1;
}
