#include "contrans/study/run_study.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "contrans/evaluation/shared_judge.h"
#include "contrans/study/study_report.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::throws_error;
using testing::tiny_source_model;
using testing::tiny_target_model;

std::string pair_lines(const ContrastPairs& pairs) {
    std::string lines;
    for (const auto& [texts, label] :
         {std::pair{&pairs.positive, "positive"}, std::pair{&pairs.negative, "negative"}}) {
        for (const Text& text : *texts)
            lines += json{{"text", std::get<std::string>(text)}, {"label", label}}.dump() + "\n";
    }
    return lines;
}

std::string task_lines(unsigned seed) {
    std::string lines;
    for (const TaskItem& item : testing::task(seed).items) {
        lines += json{{"prompt", std::get<std::string>(item.prompt)},
                      {"choices", item.choices},
                      {"answer", item.answer},
                      {"group", item.group}}
                     .dump() +
                 "\n";
    }
    return lines;
}

class RunStudy : public ::testing::Test {
protected:
    RunStudy() {
        std::string corpus;
        for (const std::string& text : testing::corpus()) corpus += text + "\n";
        testing::write_bytes(folder_ / "corpus.txt", corpus);
        ContrastPairs turned = testing::warm_and_cold();
        testing::write_bytes(folder_ / "warm.jsonl", pair_lines(turned));
        std::swap(turned.positive, turned.negative);
        testing::write_bytes(folder_ / "cold.jsonl", pair_lines(turned));
        testing::write_bytes(folder_ / "dev.jsonl", task_lines(1));
        testing::write_bytes(folder_ / "warm.test.jsonl", task_lines(2));
        testing::write_bytes(folder_ / "cold.test.jsonl", task_lines(3));
        for (const unsigned seed : {1U, 2U}) {
            std::string neutral;
            for (const std::string& text : testing::neutral(seed)) neutral += text + "\n";
            testing::write_bytes(folder_ / ("neutral" + std::to_string(seed) + ".txt"), neutral);
        }
        study_.neutral_dev = folder_ / "neutral1.txt";
        study_.neutral_test = folder_ / "neutral2.txt";
        study_.name = "small";
        study_.models = {{"tiny", tiny_source_model()->file(), tiny_target_model()->file()}};
        study_.corpus = {folder_ / "corpus.txt"};
        study_.methods = {"searched", "paper"};
        study_.controls = {true, false, false, false};
        for (const char* name : {"warm", "cold"}) {
            study_.concepts.push_back({.name = name,
                                       .pairs = folder_ / (std::string(name) + ".jsonl"),
                                       .dev = folder_ / "dev.jsonl",
                                       .test = folder_ / (std::string(name) + ".test.jsonl"),
                                       .position = TextPosition::last,
                                       .instruction = "Say it."});
        }
    }

    StudyResult run(const std::string& folder, std::size_t threads = 2, const RunContext& context = {}) {
        StudyOptions options;
        options.judge = judge_;
        options.folder = folder_ / folder;
        options.threads = threads;
        options.load = [this](const std::filesystem::path& file) {
            ++loads_;
            return Model::load(file);
        };
        return run_study(study_, options, context);
    }

    testing::TemporaryFolder folder_;
    Study study_;
    std::shared_ptr<Judge> judge_;
    std::atomic<int> loads_ = 0;
};

TEST_F(RunStudy, JudgesEveryVectorOnTheSafeguardsTasks) {
    testing::write_bytes(folder_ / "refusal.jsonl", task_lines(7));
    std::filesystem::create_directories(folder_ / "truthfulness");
    std::filesystem::copy_file(folder_ / "refusal.jsonl", folder_ / "truthfulness" / "mc_test.jsonl");
    study_.safety = {folder_ / "refusal.jsonl", folder_ / "truthfulness" / "mc_test.jsonl"};
    const StudyResult result = run("made");
    EXPECT_EQ(result.steps, 9U + 2);
    const EvaluationReport& report = result.runs.at(0).report;
    for (const char* vector : {"none", "warm", "warm-paper", "cold", "cold-paper"})
        EXPECT_NE(find_vector(report, "truthfulness/mc_test", vector), nullptr) << vector;
    EXPECT_EQ(report.verdicts.size(), 4U) << "none for the safeguards' tasks";
    const json safety = json::parse(study_to_json(study_, result)).at("runs")[0].at("report").at("safety");
    EXPECT_EQ(safety.at("measured").back(), "truthfulness");
    const StudyResult again = run("made");
    EXPECT_EQ(again.reused, again.steps);
}

TEST_F(RunStudy, RefusesDevelopmentItemsThatAreReportedOn) {
    study_.concepts[1].dev = study_.concepts[1].test;
    EXPECT_TRUE(throws_error(ErrorKind::format, {"cold.test.jsonl:1", "stands in"}, [&] { (void)run("made"); }));
    EXPECT_EQ(loads_, 0);
}

constexpr std::size_t kSteps = 9;  // two directions, a map, four vectors, two reports

TEST_F(RunStudy, JudgesEveryConceptByEveryMethod) {
    const StudyResult result = run("made");
    EXPECT_EQ(result.steps, kSteps);
    EXPECT_EQ(result.reused, 0U);
    EXPECT_EQ(loads_, 2);
    ASSERT_EQ(result.runs.size(), 1U);
    const EvaluationReport& report = result.runs[0].report;
    for (const char* vector : {"warm", "warm-paper", "cold", "cold-paper"}) {
        const ConditionResult* found = nullptr;
        for (const ConditionResult& row : report.results) found = row.vector == vector ? &row : found;
        ASSERT_NE(found, nullptr) << vector;
        EXPECT_EQ(found->n, testing::kItems);
    }
    EXPECT_EQ(find_vector(report, "warm.test", "warm")->role, role::kTransplanted);
    EXPECT_EQ(find_vector(report, "warm.test", "warm-paper")->role, role::kPaper);
    EXPECT_NE(find_result(report, "warm.test", role::kPrompt), nullptr);
    EXPECT_NE(find_result(report, "cold.test", role::kShuffledMap), nullptr);
    const json whole = json::parse(study_to_json(study_, result));
    EXPECT_EQ(whole.at("study"), "small");
    EXPECT_EQ(whole.at("runs").at(0).at("models"), "tiny");
    EXPECT_FALSE(whole.at("runs").at(0).at("report").at("results").empty());
}

TEST_F(RunStudy, ConceptsMayShareTheirTestItems) {
    study_.concepts[1].test = study_.concepts[0].test;
    study_.side_effect_items = 12;
    const EvaluationReport report = run("made").runs.at(0).report;
    for (const char* name : {"warm", "cold"}) {
        EXPECT_NE(find_vector(report, name, name), nullptr) << "a task of its own for each one's pairs";
        EXPECT_NE(find_result(report, name, role::kNative), nullptr);
    }
    EXPECT_EQ(find_vector(report, "warm", "cold"), nullptr);
    EXPECT_EQ(run("made").reused, kSteps + 1);
}

TEST_F(RunStudy, WhatIsThereIsNotDoneAgainAndGivesTheSameBytes) {
    const std::string first = study_to_json(study_, run("made", 2));
    loads_ = 0;
    const StudyResult again = run("made", 2);
    EXPECT_EQ(again.reused, kSteps);
    EXPECT_EQ(loads_, 0);
    EXPECT_EQ(study_to_json(study_, again), first);
    EXPECT_EQ(study_to_json(study_, run("elsewhere", 1)), first);
}

TEST_F(RunStudy, AChangeRedoesWhatDependsOnIt) {
    (void)run("made");
    testing::write_bytes(folder_ / "cold.test.jsonl", task_lines(4));
    EXPECT_EQ(run("made").reused, kSteps - 1);  // a report
    study_.budget_nats = 0.25;
    EXPECT_EQ(run("made").reused, 3U);  // two directions and the map
    study_.seeds = {1, 2};
    const StudyResult two = run("made");
    EXPECT_EQ(two.reused, kSteps);
    ASSERT_EQ(two.runs.size(), 2U);
    EXPECT_EQ(two.runs[1].seed, 2U);
    const std::string page = render_study_html(study_, two);
    EXPECT_NE(page.find("tiny, seed 2"), std::string::npos);
    EXPECT_NE(page.find("srcdoc="), std::string::npos);
    EXPECT_NE(render_study_table(two).find("tiny, seed 1"), std::string::npos);
}

TEST_F(RunStudy, TriesEveryVectorOnEveryTask) {
    study_.side_effect_items = 12;
    const StudyResult result = run("made");
    EXPECT_EQ(result.steps, kSteps + 1);
    const std::vector<SideEffect>& effects = result.runs.at(0).side_effects;
    ASSERT_EQ(effects.size(), 12U) << "by the task's own metric, the margin and overconfidence";
    EXPECT_EQ(effects[2].metric, "margin");
    EXPECT_NE(effects[2].steered, effects[2].unsteered);
    EXPECT_EQ(effects[4].metric, "overconfidence");
    EXPECT_EQ(effects[1].vector, "cold");
    EXPECT_EQ(effects[1].task, "warm.test");
    EXPECT_EQ(effects[1].n, 12U);
    // Unsteered is the same for every vector; pairs turned round make a vector that pushes the other way.
    EXPECT_EQ(effects[0].unsteered, effects[1].unsteered);
    EXPECT_GT(effects[0].steered, effects[1].steered);
    const json whole = json::parse(study_to_json(study_, result));
    EXPECT_EQ(whole.at("runs").at(0).at("side_effects").size(), 12U);
    EXPECT_EQ(whole.at("runs").at(0).at("safety").at("measured").size(), 0U);
    EXPECT_NE(render_study_html(study_, result).find("Side effects"), std::string::npos);
    const StudyResult again = run("made");
    EXPECT_EQ(again.reused, kSteps + 1);
    EXPECT_EQ(study_to_json(study_, again), study_to_json(study_, result));
    study_.side_effect_items = 0;
    EXPECT_EQ(run("made").reused, kSteps);
}

/// Items of `task_lines` two by two, as versions of a text.
std::string paired_lines(unsigned seed) {
    std::string lines;
    std::size_t i = 0;
    std::string left = task_lines(seed);
    for (std::size_t end = 0; (end = left.find("}\n")) != std::string::npos; left.erase(0, end + 2), ++i)
        lines += left.substr(0, end) + ", \"pair\": " + std::to_string(i / 2) +
                 ", \"version\": " + std::to_string(i % 2) + "}\n";
    return lines;
}

TEST_F(RunStudy, TriesEveryVectorOnTasksBesideTheConcepts) {
    std::filesystem::create_directories(folder_ / "fairness");
    testing::write_bytes(folder_ / "fairness/parity.jsonl", paired_lines(21));
    study_.side_effect_items = 6;
    study_.side_effect_tasks = {folder_ / "fairness/parity.jsonl"};
    const StudyResult result = run("made");
    std::map<std::string, std::size_t> metrics;
    for (const SideEffect& effect : result.runs.at(0).side_effects) {
        if (effect.task != "fairness/parity") continue;
        EXPECT_EQ(effect.n, effect.metric == kParity ? 3U : 6U) << "of parity, texts";
        ++metrics[effect.metric];
    }
    EXPECT_EQ(metrics,
              (std::map<std::string, std::size_t>{{"choice", 2}, {"margin", 2}, {"overconfidence", 2}, {"parity", 2}}));
    EXPECT_NE(render_study_html(study_, result).find("Parity"), std::string::npos);
    testing::write_bytes(folder_ / "fairness/parity.jsonl", paired_lines(22));
    EXPECT_EQ(run("made").reused, kSteps) << "another file, another table";
    std::filesystem::copy_file(study_.concepts[0].dev, folder_ / "fairness/parity.jsonl",
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_TRUE(throws_error(ErrorKind::format, {"parity.jsonl:1", "stands in"}, [&] { (void)run("made"); }));
}

TEST_F(RunStudy, ComparesWithProxyTuningWhereThereIsOneVocabulary) {
    study_.source_itself = true;
    study_.proxy_tuning = true;
    EXPECT_TRUE(throws_error(ErrorKind::model, {"one vocabulary"}, [&] { (void)run("made"); }));
    study_.models = {{"itself", tiny_target_model()->file(), tiny_target_model()->file()}};
    const StudyResult result = run("made");
    for (const char* task : {"warm.test", "cold.test"}) {
        const ConditionResult* tuned = find_result(result.runs.at(0).report, task, role::kProxyTuning);
        ASSERT_NE(tuned, nullptr);
        EXPECT_EQ(tuned->n, testing::kItems);
        EXPECT_GT(tuned->kl_nats.value(), 0);
    }
    EXPECT_NE(render_study_html(study_, result).find("proxy-tuning"), std::string::npos);
    EXPECT_EQ(run("made").reused, result.steps);
    study_.proxy_tuning = false;
    EXPECT_EQ(run("made").reused, result.steps - 2) << "the reports alone";
}

TEST_F(RunStudy, TriesEveryVectorOnTheVariantsOfItsItems) {
    std::string turned = task_lines(11);
    std::string paired;
    std::size_t line = 0;
    for (std::size_t end = 0; (end = turned.find("}\n")) != std::string::npos; turned.erase(0, end + 2))
        paired += turned.substr(0, end) + ", \"of\": " + std::to_string(++line) + "}\n";
    testing::write_bytes(folder_ / "paraphrase.jsonl", paired);
    testing::write_bytes(folder_ / "chat.jsonl", task_lines(12));
    study_.concepts[0].variants = {folder_ / "chat.jsonl", folder_ / "paraphrase.jsonl"};
    study_.robustness_items = 8;
    const StudyResult result = run("made");
    EXPECT_EQ(result.steps, kSteps + 1);
    const std::vector<VariantEffect>& effects = result.runs.at(0).robustness;
    ASSERT_EQ(effects.size(), 2U) << "the other concept has no variants";
    EXPECT_EQ(effects[0].vector, "warm");
    EXPECT_EQ(effects[0].variant, "chat");
    EXPECT_EQ(effects[0].paired, 0U);
    EXPECT_EQ(effects[1].variant, "paraphrase");
    EXPECT_EQ(effects[1].n, 8U);
    EXPECT_EQ(effects[1].paired, 8U);
    const json whole = json::parse(study_to_json(study_, result));
    EXPECT_EQ(whole.at("runs").at(0).at("robustness").size(), 2U);
    EXPECT_NE(render_study_html(study_, result).find("Robustness"), std::string::npos);
    EXPECT_NE(render_study_table(result).find("warm, paraphrase: "), std::string::npos);
    const StudyResult again = run("made");
    EXPECT_EQ(again.reused, kSteps + 1);
    EXPECT_EQ(study_to_json(study_, again), study_to_json(study_, result));
    testing::write_bytes(folder_ / "chat.jsonl", task_lines(13));
    EXPECT_EQ(run("made").reused, kSteps);
}

TEST_F(RunStudy, JudgesASearchedSuffixOnTestItems) {
    study_.robustness_items = 8;
    study_.attack_words = 2;
    const StudyResult result = run("made");
    EXPECT_EQ(result.steps, kSteps + 3) << "a search for each concept, and the table";
    const std::vector<SuffixAttack>& attacks = result.runs.at(0).attacks;
    ASSERT_EQ(attacks.size(), 2U);
    EXPECT_EQ(attacks[1].vector, "cold");
    std::vector<std::string> rows;
    for (const VariantEffect& effect : result.runs[0].robustness) {
        rows.push_back(effect.vector + ", " + effect.variant);
        EXPECT_EQ(effect.paired, 8U);
    }
    std::vector<std::string> expected;
    for (const SuffixAttack& attack : attacks)
        if (!attack.suffix.empty())
            for (const char* variant : {kSearchedSuffix, kRandomSuffix})
                expected.push_back(attack.vector + ", " + variant);
    EXPECT_FALSE(expected.empty());
    EXPECT_EQ(rows, expected);
    const json whole = json::parse(study_to_json(study_, result));
    EXPECT_EQ(whole.at("runs").at(0).at("attacks").at(0).at("suffix"), attacks[0].suffix);
    EXPECT_NE(render_study_html(study_, result).find("Searched suffixes"), std::string::npos);
    EXPECT_EQ(study_to_json(study_, run("made", 1)), study_to_json(study_, result));
    EXPECT_EQ(run("made").reused, kSteps + 3);
    study_.attack_words = 1;
    EXPECT_LE(run("made").reused, kSteps + 1) << "the directions, map, vectors and reports alone";
}

TEST_F(RunStudy, SaysWhatBecameOfEveryConceptAndWhatWasKnownOfIt) {
    const StudyResult without = run("made");
    ASSERT_EQ(without.runs.at(0).findings.size(), 2U);
    EXPECT_FALSE(without.runs[0].findings[0].source_steered);
    study_.source_itself = true;
    const StudyResult result = run("made");
    EXPECT_EQ(result.steps, kSteps + 4);
    EXPECT_EQ(result.reused, kSteps);
    const std::vector<Finding>& findings = result.runs.at(0).findings;
    EXPECT_EQ(findings[0].concept_name, "warm");
    EXPECT_EQ(findings[1].concept_name, "cold");
    for (const Finding& finding : findings) {
        EXPECT_EQ(finding.models, "tiny");
        for (const Predictor predictor : kPredictors) {
            // The tiny models have no words in common.
            EXPECT_EQ(finding.at(predictor).has_value(), predictor != Predictor::agreement) << title_of(predictor);
        }
        const ConditionResult* none = find_vector(result.runs[0].report, finding.concept_name + ".test", "none");
        const ConditionResult* carried =
            find_vector(result.runs[0].report, finding.concept_name + ".test", finding.concept_name);
        EXPECT_NEAR(finding.gain.value, carried->value - none->value, 1e-12);
    }
    const json whole = json::parse(study_to_json(study_, result));
    EXPECT_EQ(whole.at("findings").size(), 2U);
    EXPECT_TRUE(whole.at("predictors").empty()) << "two say nothing";
    EXPECT_NE(render_study_html(study_, result).find("<h2>Findings</h2>"), std::string::npos);
    EXPECT_NE(render_study_table(result).find("cold, tiny, seed 1: "), std::string::npos);
    EXPECT_EQ(study_to_json(study_, run("made")), study_to_json(study_, result));
}

/// Says yes to every other length.
class LengthJudge : public Judge {
public:
    explicit LengthJudge(std::string name) : name_(std::move(name)) {}
    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] std::vector<JudgeAnswer> ask(std::span<const JudgeQuestion> questions, const RunContext&) override {
        EXPECT_FALSE(busy_.exchange(true)) << "asked by two at a time";
        std::vector<JudgeAnswer> answers;
        for (const JudgeQuestion& question : questions)
            answers.push_back({question.reply.size() % 2 == 0 ? 0.9 : 0.1, false});
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        busy_ = false;
        return answers;
    }

private:
    std::string name_;
    std::atomic<bool> busy_ = false;
};

TEST_F(RunStudy, AsksOneJudgeOfWhatManyThreadsWrote) {
    std::string dev;
    std::string test;
    for (const char* opening : {"warm", "cold", "dark", "soft"}) {
        const std::string rest = R"( day was", "judge": "Is it kind?", "max_tokens": 4, "group": ")";
        dev += R"({"prompt": "One )" + std::string(opening) + rest + opening + "\"}\n";
        test += R"({"prompt": "That )" + std::string(opening) + rest + opening + "\"}\n";
    }
    testing::write_bytes(folder_ / "dev.jsonl", dev);
    testing::write_bytes(folder_ / "warm.test.jsonl", test);
    testing::write_bytes(folder_ / "cold.test.jsonl", test);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"dev.jsonl", "--judge"}, [&] { (void)run("made"); }));
    judge_ = std::make_shared<SharedJudge>(std::make_shared<LengthJudge>("one"));
    const StudyResult result = run("made");
    EXPECT_EQ(result.runs.at(0).report.tasks.at(0).kind, "judged");
    EXPECT_EQ(run("made").reused, kSteps);
    judge_ = std::make_shared<SharedJudge>(std::make_shared<LengthJudge>("another"));
    EXPECT_EQ(run("made").reused, 3U) << "directions and map do not depend on who judges";
}

TEST_F(RunStudy, AVariantOfNoTestItemIsRefused) {
    study_.robustness_items = 8;
    const std::string lines = task_lines(11);
    const std::string first = lines.substr(0, lines.find("}\n")), rest = lines.substr(lines.find("}\n") + 2);
    study_.concepts[0].variants = {folder_ / "odd.jsonl"};
    testing::write_bytes(folder_ / "odd.jsonl", first + ", \"of\": 900}\n");
    EXPECT_TRUE(throws_error(ErrorKind::format, {"odd.jsonl:1", "900"}, [&] { (void)run("made"); }));
    testing::write_bytes(folder_ / "odd.jsonl", first + ", \"of\": 1}\n" + rest);
    study_.robustness_items = 100;
    EXPECT_TRUE(throws_error(ErrorKind::format, {"odd.jsonl:2", "every line"}, [&] { (void)run("made"); }));
    std::filesystem::copy_file(study_.concepts[0].dev, folder_ / "same.jsonl");
    study_.concepts[0].variants = {folder_ / "same.jsonl"};
    EXPECT_TRUE(throws_error(ErrorKind::format, {"same.jsonl:1", "stands in"}, [&] { (void)run("made"); }));
}

/// Asks for an end once so many steps are done.
class StopAfter : public ProgressSink {
public:
    explicit StopAfter(std::size_t steps) : steps_(steps) {}
    void begin(std::string_view, std::string_view, std::size_t) override {}
    void advance(std::size_t done) override {
        if (done >= steps_) stop_.request_stop();
    }
    void end() override {}
    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

private:
    std::size_t steps_;
    std::stop_source stop_;
};

/// Counts what was there already.
class FoundSteps : public ProgressSink {
public:
    void begin(std::string_view, std::string_view, std::size_t) override {}
    void advance(std::size_t done) override { done_ = done; }
    void found(std::size_t units) override { found_ += units; }
    void end() override {}

    std::size_t done_ = 0;
    std::size_t found_ = 0;
};

TEST_F(RunStudy, TellsWhatWasThereAlreadyFromWhatTookTime) {
    FoundSteps first;
    (void)run("made", 2, {&first, {}});
    EXPECT_EQ(first.done_, kSteps);
    EXPECT_EQ(first.found_, 0U);
    FoundSteps second;
    (void)run("made", 2, {&second, {}});
    EXPECT_EQ(second.done_, kSteps);
    EXPECT_EQ(second.found_, kSteps);
}

TEST_F(RunStudy, GoesOnWhereItWasEnded) {
    const std::string whole = study_to_json(study_, run("elsewhere"));
    for (const std::size_t steps : {1U, 4U, 6U}) {
        StopAfter stop(steps);
        EXPECT_TRUE(throws_error(ErrorKind::interrupted, {}, [&] { (void)run("made", 2, {&stop, stop.token()}); }));
    }
    const StudyResult result = run("made");
    EXPECT_GE(result.reused, 6U);
    EXPECT_EQ(study_to_json(study_, result), whole);
}

TEST_F(RunStudy, AnErrorNamesTheConcept) {
    testing::write_bytes(folder_ / "cold.jsonl", "{\"text\": \"alone\", \"label\": \"positive\"}\n");
    EXPECT_TRUE(throws_error(ErrorKind::format, {"study: cold: ", "cold.jsonl"}, [&] { (void)run("made"); }));
}

}  // namespace
}  // namespace contrans
