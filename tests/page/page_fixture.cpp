// page_fixture FOLDER: what the page's tests serve. tiny.gguf with a chat template and plain.gguf without, vectors/
// with happy (all evidence, a report beside it), polite (evidence without a report), foreign (another engine's) and
// strange (a concept's name that is markup), keys, and registries: records/ with an audit log of 250 records, edited/
// with one of them changed.
#include <soci/soci.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "contrans/evaluation/report_json.h"
#include "contrans/registry/registry.h"
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
               "a-key-that-may-administer boss\n");
    write_registry(folder / "records");
    write_registry(folder / "edited");
    edit_a_record(folder / "edited");
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
