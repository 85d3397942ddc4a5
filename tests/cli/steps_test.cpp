// The commands on tiny models: what they print, write and answer, and the whole flow.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "contrans/transplant/control_vector_file.h"
#include "gtest/gtest.h"
#include "tests/cli/workbench.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::ProgramResult;
using testing::Workbench;

class Steps : public ::testing::Test {
protected:
    /// The object of --json; its exit code must be `exit_code`.
    json object_of(const std::string& arguments, int exit_code = 0) {
        const ProgramResult result = bench_.run(arguments + " --json --quiet");
        EXPECT_EQ(result.exit_code, exit_code) << result.error;
        EXPECT_EQ(result.error, "");
        json object = json::parse(result.out, nullptr, false);
        EXPECT_TRUE(object.is_object()) << result.out;
        return object;
    }
    [[nodiscard]] bool exists(const std::string& name) const { return std::filesystem::exists(bench_ / name); }

    static void expect_keys(const json& object, const std::vector<std::string>& keys) {
        for (const std::string& key : keys)
            EXPECT_TRUE(object.contains(key)) << "no " << key << " in " << object.dump(2);
    }

    Workbench bench_;
};

TEST_F(Steps, refine_says_layer_by_layer_how_good_the_direction_is) {
    const json result = object_of("refine --model source.gguf --pairs pairs.jsonl --layers 1:2 --out joy.gguf");
    EXPECT_EQ(result["also"], json({"mean/mean", "probe/mean"}))
        << "what transplant tries too, where no method is asked for";
    expect_keys(result, {"model", "fingerprint", "out", "seconds"});
    EXPECT_EQ(result.at("method"), "mean");
    EXPECT_EQ(result.at("position"), "last");
    EXPECT_EQ(result.at("positives"), 6);
    EXPECT_EQ(result.at("negatives"), 6);
    ASSERT_EQ(result.at("layers").size(), 2U);
    EXPECT_EQ(result.at("layers")[0].at("layer"), 1);
    expect_keys(result.at("layers")[0], {"norm", "held_out_auc", "split_half_cosine"});
    EXPECT_TRUE(result.at("suggested_layer") == 1 || result.at("suggested_layer") == 2);
    const json seen = object_of("inspect joy.gguf");
    EXPECT_EQ(seen.at("kind"), "concept");
    EXPECT_EQ(seen.at("name"), "joy");
    EXPECT_EQ(seen.at("source").at("fingerprint"), result.at("fingerprint"));
}

TEST_F(Steps, refine_keeps_the_alternatives_asked_for) {
    const std::string refine = "refine --model source.gguf --pairs pairs.jsonl --layers 1:2 --out joy.gguf";
    EXPECT_EQ(object_of(refine + " --method mean").at("also"), json::array()) << "what is asked for, and nothing else";
    EXPECT_EQ(object_of(refine + " --also none").at("also"), json::array());
    EXPECT_EQ(object_of(refine + " --also pca,mean/last,mean/mean").at("also"), json({"pca/last", "mean/mean"}));
    EXPECT_EQ(object_of("inspect joy.gguf").at("also"), json({"pca/last", "mean/mean"}));
}

TEST_F(Steps, map_says_for_every_pair_and_fit_what_speaks_for_it) {
    const json result = object_of(
        "map --source source.gguf --target target.gguf --corpus corpus.txt --neutral neutral.txt --source-layers 1:2 "
        "--target-layers 2:3 --shortlist 1 --limit 30 --out new.gguf");
    EXPECT_EQ(result.at("texts"), 30);
    EXPECT_GT(result.at("token_match"), 0.5);
    EXPECT_EQ(result.at("layer_pairs").size(), 4U);
    ASSERT_FALSE(result.at("maps").empty());
    expect_keys(result.at("maps")[0], {"source_layer", "target_layer", "fit", "cka", "rows", "rank", "penalty",
                                       "gcv_penalty", "held_out_r2", "held_out_r2_standard", "directional"});
    const json& massive = result.at("massive");
    EXPECT_EQ(massive.at("share_over"), 0.05);
    ASSERT_EQ(massive.at("source").size(), 1U);
    ASSERT_EQ(massive.at("target").size(), 1U);
    expect_keys(massive.at("target")[0], {"layer", "rows_masked", "dimensions"});
    const json inspected = object_of("inspect new.gguf");
    EXPECT_EQ(inspected.at("kind"), "map");
    EXPECT_EQ(inspected.at("massive"), massive);
    EXPECT_EQ(inspected.at("maps")[0].at("gcv_penalty"), result.at("maps")[0].at("gcv_penalty"));
}

TEST_F(Steps, map_fits_every_kind_on_request_and_says_what_chose_the_penalty) {
    const json result = object_of(
        "map --source source.gguf --target target.gguf --corpus corpus.txt --neutral neutral.txt --source-layers 2 "
        "--target-layers 3 --shortlist 1 --all-fits --out new.gguf");
    std::set<std::string> fits;
    for (const json& map : result.at("maps")) {
        const std::string fit = map.at("fit");
        fits.insert(fit);
        EXPECT_EQ(map.at("gcv_penalty").is_null(), fit.find("ridge") == std::string::npos) << fit;
    }
    EXPECT_EQ(fits, (std::set<std::string>{"paper", "last-ridge", "token-ridge", "token-ridge-raw",
                                           "token-ridge-whitened", "token-plain", "token-reduced-rank",
                                           "token-reduced-rank-whitened", "token-procrustes"}));
    object_of(
        "transplant --concept concept.gguf --map new.gguf --target target.gguf --fit token-reduced-rank-whitened "
        "--dose 0.3 --neutral neutral.txt --out joy.gguf");
}

TEST_F(Steps, map_goes_on_from_kept_statistics) {
    const std::string models = "map --source source.gguf --target target.gguf --neutral neutral.txt ";
    const std::string layers = "--source-layers 2 --target-layers 3 --shortlist 1 ";
    const json all = object_of(models + "--corpus corpus.txt --out all.gguf " + layers);
    const json some =
        object_of(models + "--corpus corpus.txt --limit 25 --out some.gguf --keep-statistics some.sums " + layers);
    EXPECT_EQ(some.at("texts"), 25);
    EXPECT_EQ(object_of("inspect some.sums").at("kind"), "statistics");
    const json alone = object_of("map --add-statistics some.sums --out alone.gguf");
    EXPECT_EQ(alone.at("maps"), some.at("maps"));
    EXPECT_EQ(testing::read_bytes(bench_ / "alone.gguf"), testing::read_bytes(bench_ / "some.gguf"));
    const ProgramResult more = bench_.run(models +
                                          "--corpus corpus.txt --add-statistics some.sums --out more.gguf "
                                          "--keep-statistics some.sums --json");
    EXPECT_EQ(more.exit_code, 0) << more.error;
    EXPECT_NE(more.error.find("25 of"), std::string::npos) << more.error;
    EXPECT_EQ(json::parse(more.out).at("texts"), all.at("texts"));
    EXPECT_EQ(object_of("inspect some.sums").at("texts"), all.at("texts"));
}

TEST_F(Steps, map_and_refine_work_from_harvested_folders) {
    object_of("harvest --model source.gguf --texts corpus.txt --position all --out source");
    object_of("harvest --model target.gguf --texts corpus.txt --position all --out target");
    const json stored = object_of("map --source source --target target --out stored.gguf");
    EXPECT_GT(stored.at("texts"), 20);
    const json mixed =
        object_of("map --source source --target target.gguf --neutral neutral.txt --limit 30 --out mixed.gguf");
    EXPECT_EQ(mixed.at("texts"), 30);
    EXPECT_EQ(mixed.at("source"), stored.at("source"));
    object_of(
        "transplant --concept concept.gguf --map stored.gguf --target target.gguf --dose 0.3 --neutral neutral.txt "
        "--out joy.gguf");
}

TEST_F(Steps, transplant_searches_on_the_task_and_writes_vector_and_controls) {
    const json result = object_of(
        "transplant --concept concept.gguf --map map.gguf --target target.gguf --task dev.jsonl --neutral neutral.txt "
        "--out joy.gguf");
    EXPECT_EQ(result.at("vector"), "joy");
    EXPECT_EQ(result.at("chosen_by"), "behaviour");
    EXPECT_GT(result.at("dose"), 0);
    EXPECT_NEAR(result.at("dose").get<double>() * result.at("sigma").get<double>(),
                result.at("coefficient").get<double>() * result.at("direction_norm").get<double>(), 1e-3);
    EXPECT_FALSE(result.at("tried").empty());
    expect_keys(result.at("dev"), {"value", "unsteered", "kl_nats", "trials"});
    EXPECT_TRUE(exists("joy.gguf"));
    EXPECT_TRUE(exists("joy.controls.gguf"));
    const json seen = object_of("inspect joy.gguf joy.controls.gguf");
    ASSERT_EQ(seen.at("files").size(), 2U);
    EXPECT_EQ(seen.at("files")[0].at("evidence").at("concept"), "joy");
    EXPECT_EQ(seen.at("files")[1].at("kind"), "controls");
}

/// `lines` with every object's "split" set.
std::string with_split(const std::string& lines, const std::string& split) {
    std::string result;
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = lines.find('\n', begin);
        result += R"({"split": ")" + split + "\", " + lines.substr(begin + 1, end - begin);
        begin = end + 1;
    }
    return result;
}

TEST_F(Steps, transplant_never_looks_at_the_test_half) {
    const std::string development = with_split(testing::read_bytes(bench_ / "dev.jsonl"), "dev");
    testing::write_bytes(bench_ / "alone.jsonl", development);
    // A search that saw these items could not come out the same: their answers are the other way round.
    std::string test = with_split(testing::read_bytes(bench_ / "dev.jsonl"), "test");
    for (std::size_t at = 0; (at = test.find("\"answer\": ", at)) != std::string::npos; ++at)
        test[at + 10] = test[at + 10] == '0' ? '1' : '0';
    // Items in both halves would be refused.
    for (std::size_t at = 0; (at = test.find("\"prompt\": \"", at)) != std::string::npos; ++at)
        test.insert(at + 11, "Now ");
    testing::write_bytes(bench_ / "both.jsonl", test + development);
    const auto carried = [&](const std::string& task) {
        json result = object_of(
            "transplant --concept concept.gguf --map map.gguf --target target.gguf --neutral neutral.txt "
            "--name joy --task " +
            task + " --out joy.gguf");
        result.erase("seconds");
        return std::pair{result, testing::read_bytes(bench_ / "joy.gguf")};
    };
    const auto alone = carried("alone.jsonl");
    EXPECT_EQ(carried("both.jsonl"), alone);
    testing::write_bytes(bench_ / "swapped.jsonl", with_split(testing::read_bytes(bench_ / "dev.jsonl"), "test"));
    EXPECT_EQ(
        bench_
            .run("transplant --concept concept.gguf --map map.gguf --target target.gguf --neutral neutral.txt --task "
                 "swapped.jsonl --out none.gguf")
            .exit_code,
        3);
}

TEST_F(Steps, transplant_takes_what_is_given_and_a_negative_dose) {
    const json result = object_of(
        "transplant --concept concept.gguf --map map.gguf --target target.gguf --source-layer 1 --target-layer 2 --fit "
        "paper "
        "--dose -0.3 --neutral neutral.txt --out joy.gguf");
    EXPECT_EQ(result.at("source_layer"), 1);
    EXPECT_EQ(result.at("layers"), json({2}));
    EXPECT_EQ(result.at("fit"), "paper");
    EXPECT_NEAR(result.at("dose").get<double>(), -0.3, 1e-9);
    EXPECT_LT(result.at("coefficient"), 0);
    EXPECT_EQ(result.at("chosen_by"), "given");
}

TEST_F(Steps, transplant_without_map_places_the_targets_own_concept) {
    const json result = object_of(
        "transplant --concept target_concept.gguf --target target.gguf --target-layer 2 --dose 0.3 --neutral "
        "neutral.txt "
        "--out joy.gguf");
    EXPECT_EQ(result.at("fit"), "native");
    EXPECT_EQ(result.at("source_layer"), 2);
}

TEST_F(Steps, twin_writes_a_model_and_the_map_to_it) {
    const json result = object_of(
        "twin --model source.gguf --out twin.gguf --width 80 --seed 3 --map known.gguf --neutral neutral.txt");
    EXPECT_EQ(result.at("model").at("name"), "Tiny source");
    EXPECT_EQ(result.at("twin").at("d_model"), 80);
    EXPECT_EQ(result.at("seed"), 3);
    ASSERT_EQ(result.at("maps").size(), 4U);
    expect_keys(result.at("maps")[0], {"layer", "fit", "sigma", "held_out_r2", "held_out_r2_standard", "directional"});
    EXPECT_EQ(object_of("inspect twin.gguf").at("fingerprint"), result.at("twin").at("fingerprint"));
    EXPECT_EQ(object_of("inspect known.gguf").at("maps")[0].at("fit"), "known");
    const json carried = object_of(
        "transplant --concept concept.gguf --map known.gguf --target twin.gguf --task dev.jsonl --neutral neutral.txt "
        "--out joy.gguf");
    EXPECT_EQ(carried.at("fit"), "known");
    EXPECT_EQ(carried.at("source_layer"), carried.at("layers")[0]);
}

TEST_F(Steps, twin_without_a_map_is_a_model_alone) {
    const json result = object_of("twin --model target.gguf --out twin.gguf --noise 0.1");
    EXPECT_EQ(result.at("map"), nullptr);
    EXPECT_TRUE(result.at("maps").empty());
    EXPECT_FALSE(object_of("generate --model twin.gguf --prompt 'The book' --max-tokens 3").at("texts").empty());
}

TEST_F(Steps, force_and_allow_leak_accept_what_is_refused_without) {
    const std::string rest = " --dose 0.3 --neutral neutral.txt --out joy.gguf";
    object_of("transplant --concept concept.gguf --map leaky_map.gguf --target target.gguf --allow-leak" + rest);
    object_of("--force transplant --concept concept.gguf --map map.gguf --target other.gguf" + rest);
    object_of("generate --model other.gguf --prompt Hello --max-tokens 1 --vector vector.gguf --force");
}

TEST_F(Steps, evaluate_reports_every_condition_and_exits_6_on_a_no) {
    const ProgramResult result = bench_.run(
        "evaluate --target target.gguf --vector vector.gguf --vector foreign.gguf --task test.jsonl --dev-task "
        "dev.jsonl "
        "--native-pairs pairs.jsonl --neutral neutral.txt --neutral-dev neutral.txt --draws 2 --draw-items 4 "
        "--instruction Joy "
        "--similarity-from map.gguf --report r.html --report-json r.json --json");
    ASSERT_EQ(result.exit_code, 6) << result.error;  // random weights: nothing moves
    EXPECT_NE(result.error.find("foreign.gguf: another engine's file, layers numbered as-written"), std::string::npos);
    const json report = json::parse(result.out);
    expect_keys(report, {"results", "verdict", "target", "source", "provenance"});
    EXPECT_TRUE(report.at("verdict").contains("vector"));
    EXPECT_TRUE(report.at("verdict").contains("foreign"));
    std::set<std::string> roles;
    for (const json& row : report.at("results")) roles.insert(row.at("role").get<std::string>());
    for (const char* role : {"none", "native", "prompt", "transplanted", "shuffled-map", "shuffled-labels",
                             "random-covariance", "random-isotropic"}) {
        EXPECT_TRUE(roles.contains(role)) << role;
    }
    ASSERT_EQ(report.at("similarity").size(), 2U);
    EXPECT_EQ(report.at("similarity")[1].at("used_by"), "vector");
    EXPECT_EQ(report.at("tasks")[0].at("file"), "test.jsonl");
    EXPECT_NE(report.at("provenance").at("command").get<std::string>().find("evaluate --target"), std::string::npos);
    EXPECT_EQ(json::parse(testing::read_bytes(bench_ / "r.json")), report);
    EXPECT_TRUE(testing::read_bytes(bench_ / "r.html").starts_with("<!"));

    const ProgramResult merged = bench_.run("report r.json --html all.html --out all.json");
    EXPECT_EQ(merged.exit_code, 6) << merged.error;
    EXPECT_NE(merged.out.find("native"), std::string::npos);
    EXPECT_TRUE(exists("all.html"));
    EXPECT_EQ(json::parse(testing::read_bytes(bench_ / "all.json")).at("results"), report.at("results"));
}

TEST_F(Steps, evaluate_without_controls_runs_none_and_limit_takes_fewer_items) {
    const json report = object_of(
        "evaluate --target target.gguf --vector vector.gguf --task test.jsonl --controls none --limit 4 --neutral "
        "neutral.txt "
        "--neutral-dev neutral.txt",
        6);
    for (const json& row : report.at("results")) {
        EXPECT_TRUE(row.at("role") == "none" || row.at("role") == "transplanted") << row.at("role");
        EXPECT_EQ(row.at("n"), 4);
    }
}

TEST_F(Steps, constrained_tasks_are_written_and_checked) {
    std::string lines;
    for (int i = 0; i < 4; ++i) {
        lines += R"({"prompt": "Day )" + std::to_string(i) +
                 R"( was", "constraint": {"kind": "max_words", "words": 2}, "max_tokens": 8, "group": "g"})" + "\n";
    }
    testing::write_bytes(bench_ / "written.jsonl", lines);
    const std::string steer =
        "transplant --concept concept.gguf --map map.gguf --target target.gguf --neutral neutral.txt ";
    EXPECT_EQ(object_of(steer + "--task written.jsonl --chat --out joy.gguf").at("chosen_by"), "behaviour");
    const json report = object_of(
        "evaluate --target target.gguf --vector joy.gguf --task written.jsonl --controls none --neutral neutral.txt "
        "--neutral-dev neutral.txt --chat",
        6);  // it moves nothing, and is judged though the search took the paper's fit
    EXPECT_EQ(report.at("results")[4].at("role"), "transplanted");
    EXPECT_EQ(report.at("tasks")[0].at("kind"), "constrained");
    std::set<std::string> metrics;
    for (const json& row : report.at("results")) metrics.insert(row.at("metric").get<std::string>());
    EXPECT_EQ(metrics, (std::set<std::string>{"strict", "loose", "distinct2"}));
    EXPECT_EQ(report.at("results")[0].at("metric"), "strict");
}

TEST_F(Steps, verify_judges_a_changed_target_and_exits_6_unless_it_holds) {
    const std::string verify = "verify --vector vector.gguf --task dev.jsonl --neutral neutral.txt --target ";
    const ProgramResult changed = bench_.run(verify + "other.gguf --json --quiet");
    ASSERT_TRUE(changed.exit_code == 0 || changed.exit_code == 6) << changed.error;
    const json report = json::parse(changed.out);
    expect_keys(report, {"verdict", "rule", "made_for", "target", "spread", "loss", "kl_was", "gain_was",
                         "control_agreement", "as_written", "redosed", "seconds"});
    EXPECT_EQ(report.at("verdict") == "holds", changed.exit_code == 0);
    EXPECT_EQ(report.at("same_model"), false);
    EXPECT_EQ(report.at("as_written").at("dose"), 0.5);
    EXPECT_TRUE(report.at("as_written").at("agreement").is_null()) << "an older file has no signature";
    EXPECT_TRUE(report.at("redosed").at("gain").contains("low"));
    EXPECT_EQ(report.at("spread").at(0).at("layer"), 3);
    EXPECT_EQ(report.at("spread").at(0).at("was"), 20.0);

    const json refused = object_of(verify + "source.gguf", 6);
    EXPECT_EQ(refused.at("verdict"), "refuse");
    EXPECT_TRUE(refused.at("as_written").is_null());
    const ProgramResult text = bench_.run(verify + "source.gguf --quiet");
    EXPECT_NE(text.out.find("verdict"), std::string::npos);
    EXPECT_NE(text.out.find("width 64, 96 then"), std::string::npos) << text.out;
}

TEST_F(Steps, inspect_says_what_is_known_of_a_vectors_safety) {
    const json alone = object_of("inspect vector.gguf").at("safety");
    EXPECT_EQ(alone.at("known"), false);
    EXPECT_TRUE(alone.at("flags").empty());
    EXPECT_NE(bench_.run("inspect vector.gguf").out.find("not known; --report, --against"), std::string::npos);

    const json against = object_of("inspect vector.gguf --against twin.gguf --against second.gguf").at("safety");
    EXPECT_EQ(against.at("known"), true);
    EXPECT_TRUE(against.at("flags").empty());
    ASSERT_EQ(against.at("cosines").size(), 2U);
    EXPECT_NEAR(against.at("cosines")[0].at("cosine").get<double>(), 1, 1e-6);
    EXPECT_LT(std::abs(against.at("cosines")[1].at("cosine").get<double>()), 0.9);
    EXPECT_EQ(object_of("inspect target.gguf --against twin.gguf").contains("safety"), false) << "no vector";
}

TEST_F(Steps, inspect_flags_a_vector_that_is_turned_away_from_refusal) {
    ControlVector away = read_control_vector(bench_ / "vector.gguf");
    away.provenance->concept_name = "refusal";
    for (ControlLayer& layer : away.layers) {
        layer.dose = -layer.dose;
        for (float& value : layer.offset) value = -value;
    }
    write_control_vector(away, bench_ / "away.gguf");
    const json flags = object_of("inspect away.gguf --against vector.gguf").at("safety").at("flags");
    ASSERT_EQ(flags.size(), 2U) << flags.dump(2);
    EXPECT_NE(flags[0].get<std::string>().find("steers away from refusal"), std::string::npos) << flags[0];
    EXPECT_NE(flags[1].get<std::string>().find("points away: cosine -1.00"), std::string::npos) << flags[1];
}

TEST_F(Steps, a_judge_says_yes_or_no_of_what_was_written_and_its_agreement_is_reported) {
    const std::string evaluate =
        "evaluate --target target.gguf --vector vector.gguf --task judged.jsonl --controls none --neutral neutral.txt "
        "--neutral-dev neutral.txt ";
    const ProgramResult result = bench_.run(evaluate + "--judge source.gguf --judge-labelled labelled.jsonl --json");
    ASSERT_EQ(result.exit_code, 6) << result.error;
    EXPECT_NE(result.error.find("said neither yes nor no to 2 of 2 answers of none"), std::string::npos)
        << result.error;
    const json report = json::parse(result.out);
    EXPECT_EQ(report.at("tasks")[0].at("kind"), "judged");
    std::set<std::string> metrics;
    for (const json& row : report.at("results")) metrics.insert(row.at("metric").get<std::string>());
    EXPECT_EQ(metrics, (std::set<std::string>{"judged", "yes", "neither", "distinct2"}));
    const json judge = report.at("judges").at(0);
    EXPECT_EQ(judge.at("n"), 2);
    EXPECT_EQ(judge.at("neither"), 2) << "random weights say nothing";
    EXPECT_EQ(judge.at("accuracy"), 0);
    EXPECT_TRUE(judge.contains("kappa"));

    const ProgramResult down = bench_.run(
        evaluate + "--quiet --judge http://127.0.0.1:1 --judge-tries 2 --judge-patience 5 --judge-kept kept.jsonl");
    EXPECT_EQ(down.exit_code, 4) << down.error;
    for (const char* part : {"http://127.0.0.1:1", "2 tries", "0 of 4 answers are kept in kept.jsonl", "goes on"})
        EXPECT_NE(down.error.find(part), std::string::npos) << part << ": " << down.error;
    EXPECT_EQ(std::count(down.error.begin(), down.error.end(), '\n'), 1);
}

TEST_F(Steps, transplant_and_study_search_by_what_a_judge_says) {
    const ProgramResult carried = bench_.run(
        "transplant --concept concept.gguf --map map.gguf --target target.gguf --neutral neutral.txt --task "
        "judged.jsonl "
        "--judge source.gguf --judge-labelled labelled.jsonl --out by_judge.gguf --json");
    ASSERT_EQ(carried.exit_code, 0) << carried.error;
    EXPECT_NE(carried.error.find("agrees with 0 of 2 labelled replies"), std::string::npos) << carried.error;
    EXPECT_EQ(object_of("inspect by_judge.gguf").at("evidence").at("chosen_by"), "behaviour");

    testing::write_bytes(bench_ / "judged_dev.jsonl",
                         R"({"prompt": "An hour was", "judge": "Is it kind?", "max_tokens": 3})");
    const auto study = [&](const std::string& dev, const std::string& test) {
        testing::write_bytes(bench_ / "study.json", R"({
            "models": [{"source": "source.gguf", "target": "target.gguf"}], "corpus": ["corpus.txt"], "controls": "none",
            "concepts": [{"name": "joy", "pairs": "pairs.jsonl", "dev": ")" +
                                                        dev + R"(", "test": ")" + test + R"("}],
            "neutral_dev": "neutral.txt", "neutral_test": "neutral.txt", "methods": ["searched"]})");
        return std::string("study study.json --out judged ");
    };
    const std::string judged = study("judged_dev.jsonl", "judged.jsonl");
    const ProgramResult without = bench_.run(judged);
    EXPECT_EQ(without.exit_code, 2);
    EXPECT_NE(without.error.find("judged_dev.jsonl\" is judged, and needs a --judge"), std::string::npos)
        << without.error;
    const ProgramResult result = bench_.run(judged + "--judge source.gguf --judge-labelled labelled.jsonl --json");
    ASSERT_EQ(result.exit_code, 6) << result.error;
    const json report = json::parse(result.out).at("runs").at(0).at("report");
    EXPECT_EQ(report.at("tasks")[0].at("kind"), "judged");
    EXPECT_EQ(report.at("judges")[0].at("n"), 2);
    const ProgramResult needless = bench_.run(study("dev.jsonl", "test.jsonl") + "--judge source.gguf");
    EXPECT_EQ(needless.exit_code, 2);
    EXPECT_NE(needless.error.find("no task is judged"), std::string::npos) << needless.error;
}

TEST_F(Steps, study_does_all_of_it_from_one_file_and_goes_on) {
    testing::write_bytes(bench_ / "study.json", R"({
        "models": [{"source": "source.gguf", "target": "target.gguf"}], "corpus": ["corpus.txt"], "controls": "none",
        "concepts": [{"name": "joy", "pairs": "pairs.jsonl", "dev": "dev.jsonl", "test": "test.jsonl"}],
        "neutral_dev": "neutral.txt", "neutral_test": "neutral.txt", "methods": ["searched"]})");
    const ProgramResult first = bench_.run("study study.json --out all --json");
    ASSERT_TRUE(first.exit_code == 0 || first.exit_code == 6) << first.error;
    const json result = json::parse(first.out);
    EXPECT_EQ(result.at("study"), "study");
    EXPECT_FALSE(result.at("runs").at(0).at("report").at("results").empty());
    EXPECT_EQ(testing::read_bytes(bench_ / "all/report.json"), first.out);
    EXPECT_TRUE(testing::read_bytes(bench_ / "all/report.html").starts_with("<!"));
    EXPECT_NE(first.error.find("4 steps, 0 of them done before"), std::string::npos) << first.error;
    const ProgramResult again = bench_.run("study study.json --out all --json");
    EXPECT_EQ(again.out, first.out);
    EXPECT_NE(again.error.find("4 steps, 4 of them done before"), std::string::npos) << again.error;
}

TEST_F(Steps, generate_is_the_same_for_the_same_seed_and_steered_by_vectors) {
    const std::string ask = "generate --model target.gguf --prompt 'The book' --max-tokens 12 --temperature 1 --seed 3";
    const json plain = object_of(ask);
    EXPECT_EQ(plain.at("texts").size(), 1U);
    EXPECT_EQ(plain.at("texts"), object_of(ask).at("texts"));
    EXPECT_NE(plain.at("texts"), object_of(ask + " --vector vector.gguf").at("texts"));
    // Opposite doses take each other away.
    EXPECT_EQ(plain.at("texts"), object_of(ask + " --vector vector.gguf=1 --vector vector.gguf=-1").at("texts"));
}

TEST_F(Steps, generate_names_vectors_with_dose_and_layers) {
    const json vectors =
        object_of(
            "generate --model target.gguf --prompt A --max-tokens 1 --vector vector.gguf=-0.25 --vector foreign.gguf "
            "--layer-numbering one-late")
            .at("vectors");
    ASSERT_EQ(vectors.size(), 2U);
    EXPECT_EQ(vectors[0].at("file"), "vector.gguf");
    EXPECT_EQ(vectors[0].at("dose"), -0.25);
    EXPECT_EQ(vectors[0].at("layers"), json({3}));
    EXPECT_TRUE(vectors[1].at("dose").is_null());
    EXPECT_EQ(vectors[1].at("layers"), json({0, 1}));
    EXPECT_EQ(vectors[1].at("layer_numbering"), "one-late");
    EXPECT_TRUE(vectors[0].at("layer_numbering").is_null());
}

TEST_F(Steps, generate_writes_one_object_a_prompt) {
    const ProgramResult result =
        bench_.run("generate --model target.gguf --prompts prompts.jsonl --max-tokens 4 --out texts.jsonl");
    EXPECT_EQ(result.exit_code, 0) << result.error;
    const std::string written = testing::read_bytes(bench_ / "texts.jsonl");
    EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 2);
    EXPECT_TRUE(json::parse(written.substr(0, written.find('\n'))).at("text").is_string());
}

TEST_F(Steps, generate_prints_the_prompt_before_its_continuation) {
    const ProgramResult result = bench_.run("generate --model target.gguf --prompt 'The book' --max-tokens 4 --quiet");
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_TRUE(result.out.starts_with("The book")) << result.out;
}

TEST_F(Steps, inspect_tells_a_foreign_vector_a_model_and_any_other_gguf) {
    const json foreign = object_of("inspect foreign.gguf");
    EXPECT_EQ(foreign.at("kind"), "control vector");
    EXPECT_EQ(foreign.at("foreign"), true);
    EXPECT_TRUE(foreign.at("evidence").is_null());
    EXPECT_EQ(foreign.at("tensors").size(), 2U);
    const json model = object_of("inspect source.gguf");
    EXPECT_EQ(model.at("kind"), "model");
    EXPECT_EQ(model.at("d_model"), 64);
    EXPECT_EQ(object_of("inspect stranger.gguf").at("kind"), "GGUF");
}

}  // namespace
}  // namespace contrans
