#include "contrans/study/study_file.h"

#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

const std::string kModels = R"("models": [{"source": "s.gguf", "target": "t.gguf"}])";
const std::string kRest = R"("corpus": ["c.txt"], "concepts": ["joy"])";

class StudyFile : public ::testing::Test {
protected:
    StudyFile() {
        std::filesystem::create_directories(folder_ / "joy");
        for (const char* name : {"s.gguf", "t.gguf", "c.txt", "p.jsonl", "d.jsonl", "e.jsonl", "joy/pairs.jsonl",
                                 "joy/dev.jsonl", "joy/test.jsonl"})
            testing::write_bytes(folder_ / name, "x");
    }
    Study read(const std::string& text) {
        testing::write_bytes(folder_ / "all.json", text);
        return read_study(folder_ / "all.json");
    }
    ::testing::AssertionResult refuses(const std::string& text, const std::vector<std::string>& parts,
                                       ErrorKind kind = ErrorKind::format) {
        std::vector<std::string> all = parts;
        all.emplace_back("all.json: ");
        return throws_error(kind, all, [&] { read(text); });
    }
    testing::TemporaryFolder folder_;
};

TEST_F(StudyFile, TakesPathsFromItsFolderAndKnowsWhatIsUsual) {
    const Study study = read("{" + kModels + ", " + kRest + "}");
    EXPECT_EQ(study.name, "all");
    EXPECT_EQ(study.models.at(0).name, "s-t");
    EXPECT_EQ(study.models.at(0).source, folder_ / "s.gguf");
    EXPECT_EQ(study.corpus, std::vector{folder_ / "c.txt"});
    EXPECT_EQ(study.concepts.at(0).name, "joy");
    EXPECT_EQ(study.concepts.at(0).dev, folder_ / "joy" / "dev.jsonl");
    EXPECT_EQ(study.methods, (std::vector<std::string>{"searched", "paper"}));
    EXPECT_TRUE(study.controls.shuffled_map && study.controls.random_isotropic);
    EXPECT_EQ(study.seeds, std::vector<std::uint64_t>{1});
    EXPECT_EQ(study.texts, 0U);
    EXPECT_EQ(study.items, 0U);
    EXPECT_EQ(study.budget_nats, 0.5);
}

TEST_F(StudyFile, ReadsEveryKey) {
    const Study study = read(
        R"({"models": [{"source": "s.gguf", "target": "t.gguf", "name": "one"}, {"source": "t.gguf", "target": "s.gguf"}],
            "corpus": ["c.txt", "p.jsonl"], "texts": 9, "instruction": "{name}, {name}!", "items": 5, "budget": 0.25,
            "concepts": ["joy/", {"name": "calm", "pairs": "p.jsonl", "dev": "d.jsonl", "test": "e.jsonl",
                                  "position": "mean", "instruction": "Hush.", "variants": ["p.jsonl"]}],
            "methods": ["paper", "token-plain", "searched"], "controls": ["shuffled-map"], "seeds": [3, 1],
            "neutral_dev": "c.txt", "neutral_test": "p.jsonl", "side_effects": 7, "side_effect_tasks": ["p.jsonl"],
            "robustness": 3, "attack": 6, "proxy_tuning": true, "few_shot": 2, "all_fits": true, "source_itself": true})");
    EXPECT_TRUE(study.source_itself);
    EXPECT_EQ(study.side_effect_items, 7U);
    EXPECT_EQ(study.side_effect_tasks.at(0).filename(), "p.jsonl");
    EXPECT_EQ(study.robustness_items, 3U);
    EXPECT_EQ(study.attack_words, 6U);
    EXPECT_TRUE(study.proxy_tuning);
    EXPECT_TRUE(study.concepts.at(0).variants.empty());
    EXPECT_EQ(study.concepts.at(1).variants, std::vector{folder_ / "p.jsonl"});
    EXPECT_EQ(study.few_shot, 2U);
    EXPECT_EQ(study.fits, FitScope::all);
    EXPECT_EQ(study.models.at(0).name, "one");
    EXPECT_EQ(study.models.at(1).name, "t-s");
    EXPECT_EQ(study.texts, 9U);
    EXPECT_EQ(study.concepts.at(0).instruction, "joy, joy!");
    EXPECT_EQ(study.concepts.at(1).instruction, "Hush.");
    EXPECT_EQ(study.concepts.at(1).position, TextPosition::mean);
    EXPECT_EQ(vector_name(study.concepts[1], "searched"), "calm");
    EXPECT_EQ(vector_name(study.concepts[1], "paper"), "calm-paper");
    EXPECT_TRUE(study.controls.shuffled_map);
    EXPECT_FALSE(study.controls.shuffled_labels || study.controls.random_covariance || study.controls.random_isotropic);
    EXPECT_EQ(study.seeds, (std::vector<std::uint64_t>{3, 1}));
    EXPECT_EQ(study.neutral_dev, folder_ / "c.txt");
    EXPECT_EQ(study.neutral_test, folder_ / "p.jsonl");
    EXPECT_FALSE(read("{" + kModels + ", " + kRest + R"(, "controls": "none"})").controls.shuffled_map);
}

TEST_F(StudyFile, AFoldersVariantsAreItsOwn) {
    std::filesystem::create_directories(folder_ / "joy" / "variants");
    for (const char* name : {"long.jsonl", "chat.jsonl", "README.md"})
        testing::write_bytes(folder_ / "joy" / "variants" / name, "x");
    const Study study = read("{" + kModels + ", " + kRest + R"(, "robustness": 4})");
    const std::filesystem::path variants = folder_ / "joy" / "variants";
    EXPECT_EQ(study.concepts.at(0).variants, (std::vector{variants / "chat.jsonl", variants / "long.jsonl"}));
}

TEST_F(StudyFile, BrokenOnesAreNamed) {
    const auto with = [](const std::string& more) { return "{" + kModels + ", " + kRest + ", " + more + "}"; };
    EXPECT_TRUE(refuses("{", {"JSON study"}));
    EXPECT_TRUE(throws_error(ErrorKind::format, {"all.json", "object"}, [&] { read("[]"); }));
    EXPECT_TRUE(refuses("{" + kRest + "}", {"\"models\""}));
    EXPECT_TRUE(refuses("{\"models\": [], " + kRest + "}", {"\"models\"", "empty"}));
    EXPECT_TRUE(refuses("{" + kModels + R"(, "concepts": ["joy"]})", {"\"corpus\""}));
    EXPECT_TRUE(refuses("{" + kModels + R"(, "corpus": ["c.txt"], "concepts": []})", {"\"concepts\"", "empty"}));
    EXPECT_TRUE(refuses("{" + kModels + R"(, "corpus": ["c.txt"], "concepts": ["joy", "joy/."]})", {"two", "\"joy\""}));
    EXPECT_TRUE(refuses("{" + kModels + R"(, "corpus": ["c.txt"], "concepts": [3]})", {"concepts[0]"}));
    EXPECT_TRUE(refuses("{" + kModels + R"(, "corpus": ["c.txt"], "concepts": ["none"]})", {"none/pairs.jsonl"},
                        ErrorKind::io));
    EXPECT_TRUE(refuses(with(R"("seed": 1)"), {"\"seed\"", "unknown"}));
    EXPECT_TRUE(refuses(with(R"("seeds": [])"), {"\"seeds\"", "empty"}));
    EXPECT_TRUE(refuses(with(R"("seeds": [-1])"), {"\"seeds\""}));
    EXPECT_TRUE(refuses(with(R"("methods": ["best"])"), {"best"}));
    EXPECT_TRUE(refuses(with(R"("methods": ["paper", "paper"])"), {"\"paper\" twice"}));
    EXPECT_TRUE(refuses(with(R"("controls": ["chance"])"), {"\"chance\""}));
    EXPECT_TRUE(refuses(with(R"("budget": 0)"), {"\"budget\""}));
    EXPECT_TRUE(refuses(with(R"("items": -3)"), {"\"items\""}));
    EXPECT_TRUE(refuses(with(R"("robustness": 3)"), {"\"robustness\"", "variants"}));
    EXPECT_TRUE(refuses(with(R"("side_effect_tasks": ["p.jsonl"])"), {"\"side_effect_tasks\"", "\"side_effects\""}));
    EXPECT_TRUE(refuses(with(R"("proxy_tuning": true)"), {"\"proxy_tuning\"", "\"source_itself\""}));
    EXPECT_TRUE(refuses(with(R"("attack": 3)"), {"\"attack\"", "\"robustness\""}));
    EXPECT_TRUE(
        refuses(R"({"models": [{"source": "s.gguf", "target": "x.gguf"}], )" + kRest + "}", {"x.gguf"}, ErrorKind::io));
    EXPECT_TRUE(throws_error(ErrorKind::io, {"no.json"}, [&] { (void)read_study(folder_ / "no.json"); }));
}

TEST_F(StudyFile, DamagedFilesAreReadOrRefused) {
    testing::write_bytes(folder_ / "good.json", "{" + kModels + ", " + kRest + R"(, "seeds": [1, 2], "budget": 0.5})");
    testing::DamagedFiles damaged(folder_ / "good.json", [](const auto& path) { (void)read_study(path); });
    damaged.run(1000);
    EXPECT_GT(damaged.refused(), 500U);
}

}  // namespace
}  // namespace contrans
