// What each command says to bad input: one line that names the file and the place, the exit code, nothing on stdout
// and no new file.
#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/workbench.h"

namespace contrans {
namespace {

using testing::ProgramResult;
using testing::Workbench;

struct Refusal {
    std::string name;
    std::string arguments;
    int exit_code = 0;
    std::vector<std::string> parts;  // each stands in the message
};

void expect_refused(const Workbench& bench, const Refusal& refusal) {
    SCOPED_TRACE(refusal.name + ": " + refusal.arguments);
    const auto before = bench.files();
    const ProgramResult result = bench.run("--quiet " + refusal.arguments);
    EXPECT_EQ(result.exit_code, refusal.exit_code) << result.error;
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(result.error.starts_with("contrans: ")) << result.error;
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
    for (const std::string& part : refusal.parts) {
        EXPECT_NE(result.error.find(part), std::string::npos) << "no \"" << part << "\" in: " << result.error;
    }
    EXPECT_EQ(bench.files(), before);
}

/// All in one folder: none may leave anything there.
void expect_all_refused(const std::vector<Refusal>& refusals) {
    const Workbench bench;
    for (const Refusal& refusal : refusals) expect_refused(bench, refusal);
}

// A case a line.
// clang-format off

std::string refine(const std::string& rest) {
    return "refine --model source.gguf --pairs pairs.jsonl --out new.gguf " + rest;
}
std::string refine_pairs(const std::string& pairs) {
    return "refine --model source.gguf --out new.gguf --pairs " + pairs;
}
std::string refine_model(const std::string& model) {
    return "refine --pairs pairs.jsonl --out new.gguf --model " + model;
}
std::string refine_out(const std::string& out) { return "refine --model source.gguf --pairs pairs.jsonl --out " + out; }

std::string harvest(const std::string& rest) {
    return "harvest --model source.gguf --texts corpus.txt --out new " + rest;
}
std::string harvest_texts(const std::string& texts) {
    return "harvest --model source.gguf --out new --position all --texts " + texts;
}

TEST(Refused, harvest) { expect_all_refused({
    {"no_texts", harvest_texts("empty.jsonl"), 3, {"empty.jsonl"}},
    {"texts_missing", harvest_texts("nowhere.txt"), 3, {"nowhere.txt"}},
    {"texts_of_another_kind", harvest_texts("source.gguf"), 3, {"source.gguf", ".jsonl"}},
    {"malformed_line", harvest_texts("malformed.jsonl"), 3, {"malformed.jsonl:1", "\"text\""}},
    {"line_of_other_bytes", harvest_texts("bytes.txt"), 3, {"bytes.txt:2", "UTF-8", "byte 7"}},
    {"json_of_other_bytes", harvest_texts("bytes.jsonl"), 3, {"bytes.jsonl:1", "UTF-8"}},
    {"text_over_the_context", harvest_texts("endless.txt"), 2, {"text 2", "2000 tokens", "512", "split it"}},
    {"text_without_a_token", "harvest --model without_tilde.gguf --texts unwritten.txt --out new", 2, {"text 2", "\"~~~\"", "no token", "Tiny without a tilde"}},
    {"text_without_a_token_to_align", "harvest --model source.gguf --aligned-with without_tilde.gguf --position aligned --texts unwritten.txt --out new", 2, {"text 2", "no token", "Tiny without a tilde"}},
    {"model_without_states", "harvest --model encoder.gguf --texts corpus.txt --out new", 4, {"Tiny encoder (eurobert", "l_out"}},
    {"last_layer_of_a_model_without_states", "harvest --model encoder.gguf --layers 3 --texts corpus.txt --out new", 4, {"Tiny encoder (eurobert", "l_out"}},
    {"model_cut", "harvest --model cut_target.gguf --texts corpus.txt --out new", 3, {"cut_target.gguf", "cut off"}},
    {"model_of_unknown_architecture", "harvest --model unknown.gguf --texts corpus.txt --out new", 4, {"unheard-of"}},
    {"layers_out_of_range", harvest("--layers 2:9"), 2, {"--layers", "0 to 3", "9"}},
    {"layers_list_out_of_range", harvest("--layers 1,7"), 2, {"--layers", "0 to 3", "7"}},
    {"layers_no_list", harvest("--layers 1,,2"), 2, {"--layers", "1,,2"}},
    {"layers_list_open", harvest("--layers 1,"), 2, {"--layers", "1,"}},
    {"unknown_position", harvest("--position first"), 2, {"first", "aligned"}},
    {"unknown_dtype", harvest("--dtype f64"), 2, {"f64", "bf16"}},
    {"aligned_with_nothing", harvest("--position aligned"), 2, {"aligned"}},
    {"aligned_with_at_another_position", harvest("--aligned-with target.gguf"), 2, {"aligned"}},
    {"output_is_a_file", "harvest --model source.gguf --texts corpus.txt --out corpus.txt", 3, {"corpus.txt", "folder"}},
    {"output_holds_other_things", "harvest --model source.gguf --texts corpus.txt --out .", 2, {"no activation store"}},
}); }

TEST(Refused, refine) { expect_all_refused({
    {"no_pairs", refine_pairs("empty.jsonl"), 3, {"empty.jsonl"}},
    {"one_class_missing", refine_pairs("one_class.jsonl"), 3, {"one_class.jsonl", "negative"}},
    {"text_in_both_classes", refine_pairs("both_classes.jsonl"), 3, {"both_classes.jsonl:2", "down"}},
    {"malformed_line", refine_pairs("malformed.jsonl"), 3, {"malformed.jsonl:2", "JSON"}},
    {"text_of_another_type", refine_pairs("number.jsonl"), 3, {"number.jsonl:2", "positive", "7"}},
    {"unknown_label", refine_pairs("label.jsonl"), 3, {"label.jsonl:2", "good"}},
    {"text_over_the_context", refine_pairs("long.jsonl"), 2, {"2000", "512"}},
    {"pairs_missing", refine_pairs("nowhere.jsonl"), 3, {"nowhere.jsonl", "No such file"}},
    {"pairs_are_a_folder", refine_pairs("folder"), 3, {"folder"}},
    {"model_missing", refine_model("nowhere.gguf"), 3, {"nowhere.gguf"}},
    {"model_cut", refine_model("cut_target.gguf"), 3, {"cut_target.gguf", "cut off"}},
    {"model_is_text", refine_model("words.gguf"), 3, {"words.gguf", "GGUF"}},
    {"model_is_another_gguf", refine_model("stranger.gguf"), 3, {"stranger.gguf", "not a language model"}},
    {"model_is_an_artefact", refine_model("concept.gguf"), 3, {"concept.gguf"}},
    {"model_of_unknown_architecture", refine_model("unknown.gguf"), 4, {"unknown.gguf", "unheard-of"}},
    {"model_without_states", refine_model("encoder.gguf"), 4, {"Tiny encoder (eurobert", "l_out"}},
    {"layers_out_of_range", refine("--layers 2:9"), 2, {"--layers", "Tiny source", "0 to 3", "9"}},
    {"layers_reversed", refine("--layers 2:1"), 2, {"--layers", "A:B", "2:1"}},
    {"layers_no_numbers", refine("--layers a:b"), 2, {"--layers", "a:b"}},
    {"layers_endless", refine("--layers 0:99999999999999999999"), 2, {"--layers"}},
    {"unknown_method", refine("--method guess"), 2, {"guess", "mean"}},
    {"unknown_position", refine("--position first"), 2, {"first", "last"}},
    {"unknown_alternative", refine("--also guess/last"), 2, {"guess", "mean"}},
    {"alternative_of_unknown_position", refine("--also pca/first"), 2, {"first", "last"}},
    {"folder_of_output_missing", refine_out("nowhere/new.gguf"), 3, {"nowhere/new.gguf", "No such file"}},
    {"output_is_a_folder", refine_out("folder"), 3, {"folder"}},
    {"output_not_writable", refine_out("/proc/new.gguf"), 3, {"/proc/new.gguf"}},
    {"output_is_a_device", refine_out("/dev/full"), 3, {"/dev/full"}},
    {"output_is_the_model", refine_out("source.gguf"), 2, {"source.gguf", "another output"}},
    {"output_is_the_pairs", refine_out("folder/../pairs.jsonl"), 2, {"pairs.jsonl", "another output"}},
}); }

std::string map(const std::string& rest) {
    return "map --source source.gguf --target target.gguf --out new.gguf " + rest;
}

TEST(Refused, map) { expect_all_refused({
    {"too_few_texts", map("--corpus few.txt"), 2, {"20", "2"}},
    {"limit_too_low", map("--corpus corpus.txt --limit 5"), 2, {"20", "5"}},
    {"corpus_missing", map("--corpus nowhere.txt"), 3, {"nowhere.txt"}},
    {"corpus_empty", map("--corpus empty.jsonl"), 3, {"empty.jsonl"}},
    {"corpus_of_another_kind", map("--corpus table.csv"), 3, {"table.csv"}},
    {"corpus_malformed", map("--corpus corpus.txt malformed.jsonl"), 3, {"malformed.jsonl:1"}},
    {"model_without_states", "map --source source.gguf --target encoder.gguf --corpus corpus.txt --out new.gguf", 4, {"Tiny encoder (eurobert", "l_out"}},
    {"neutral_missing", map("--corpus corpus.txt --neutral nowhere.txt"), 3, {"nowhere.txt"}},
    {"source_layers_out_of_range", map("--corpus corpus.txt --source-layers 1:4"), 2, {"--source-layers", "Tiny source", "4"}},
    {"target_layers_out_of_range", map("--corpus corpus.txt --target-layers 5:5"), 2, {"--target-layers", "Tiny target", "5"}},
    {"target_alone", "map --target target.gguf --corpus corpus.txt --out new.gguf", 2, {"--source", "--target"}},
    {"nothing_to_read", "map --out new.gguf", 2, {"--source", "--add-statistics"}},
    {"no_corpus", map(""), 2, {"--corpus"}},
    {"corpus_that_nobody_reads", "map --add-statistics map.gguf --corpus corpus.txt --out new.gguf", 2, {"--corpus", "--source"}},
    {"statistics_missing", map("--corpus corpus.txt --add-statistics nowhere.gguf"), 3, {"nowhere.gguf"}},
    {"statistics_are_a_map", map("--corpus corpus.txt --add-statistics map.gguf"), 3, {"map.gguf", "contrans-statistics", "contrans-map"}},
    {"statistics_are_text", map("--corpus corpus.txt --add-statistics words.gguf"), 3, {"words.gguf"}},
    {"layers_beside_statistics", map("--corpus corpus.txt --add-statistics map.gguf --source-layers 1:2"), 2, {"--source-layers", "--add-statistics"}},
    {"statistics_over_the_map", map("--corpus corpus.txt --keep-statistics new.gguf"), 2, {"--keep-statistics"}},
    {"statistics_over_the_corpus", map("--corpus corpus.txt --keep-statistics corpus.txt"), 2, {"corpus.txt"}},
    {"folder_that_is_no_store", "map --source folder --target target.gguf --corpus corpus.txt --out new.gguf", 3, {"folder", "activation store"}},
    {"output_is_the_corpus", "map --source source.gguf --target target.gguf --corpus corpus.txt --out corpus.txt", 2, {"corpus.txt"}},
}); }

std::string carry(const std::string& rest) {
    return "transplant --concept concept.gguf --map map.gguf --target target.gguf --out new.gguf " + rest;
}
std::string carry_from(const std::string& source_concept, const std::string& map_file, const std::string& target) {
    return "transplant --concept " + source_concept + " --map " + map_file + " --target " + target +
           " --out new.gguf --dose 0.4";
}

TEST(Refused, transplant) { expect_all_refused({
    {"map_of_another_source", carry_from("concept.gguf", "other_map.gguf", "target.gguf"), 4, {"other_map.gguf", "Tiny source", "Tiny other"}},
    {"map_of_another_target", carry_from("concept.gguf", "map.gguf", "other.gguf"), 4, {"map.gguf", "Tiny target", "Tiny other", "--force"}},
    {"concept_of_another_model_without_map", "transplant --concept concept.gguf --target target.gguf --out new.gguf", 4, {"Tiny source", "Tiny target"}},
    {"fit_without_map", "transplant --concept target_concept.gguf --target target.gguf --fit paper --out new.gguf", 2, {"--map"}},
    {"map_and_concept_swapped", carry_from("map.gguf", "concept.gguf", "target.gguf"), 3, {"map.gguf", "contrans-concept"}},
    {"concept_cut", carry_from("cut_concept.gguf", "map.gguf", "target.gguf"), 3, {"cut_concept.gguf"}},
    {"map_cut", carry_from("concept.gguf", "cut_map.gguf", "target.gguf"), 3, {"cut_map.gguf"}},
    {"corpus_holds_concept_texts", carry_from("concept.gguf", "leaky_map.gguf", "target.gguf"), 2, {"joy", "--allow-leak"}},
    {"unknown_fit", carry("--fit best"), 2, {"best", "token-plain"}},
    {"fit_not_in_the_map", carry("--fit last-ridge"), 2, {"paper", "token-plain"}},
    {"layer_not_in_the_map", carry("--target-layer 4"), 2, {"2", "3"}},
    {"target_layer_0", carry("--target-layer 0"), 2, {"--target-layer", "1"}},
    {"layer_negative", carry("--target-layer -1"), 2, {"--target-layer"}},
    {"dose_no_number", carry("--dose much"), 2, {"--dose", "much"}},
    {"dose_not_finite", carry("--dose nan"), 2, {"--dose"}},
    {"dose_0", carry("--dose 0"), 2, {"--dose"}},
    {"budget_negative", carry("--budget -1"), 2, {"--budget"}},
    {"task_malformed", carry("--task task_malformed.jsonl"), 3, {"task_malformed.jsonl:3"}},
    {"task_missing", carry("--task nowhere.jsonl"), 3, {"nowhere.jsonl"}},
    {"controls_not_writable", "transplant --concept concept.gguf --map map.gguf --target target.gguf --out nowhere/v.gguf", 3, {"nowhere/v.gguf"}},
}); }

std::string twin(const std::string& rest) { return "twin --model source.gguf --out new.gguf " + rest; }
std::string twin_of(const std::string& model) { return "twin --out new.gguf --model " + model; }

TEST(Refused, twin) { expect_all_refused({
    {"model_of_another_architecture", twin_of("unknown.gguf"), 4, {"unknown.gguf", "\"llama\"", "unheard-of"}},
    {"model_missing", twin_of("nowhere.gguf"), 3, {"nowhere.gguf"}},
    {"model_cut", twin_of("cut_target.gguf"), 3, {"cut_target.gguf", "cut off"}},
    {"model_is_text", twin_of("words.gguf"), 3, {"words.gguf", "GGUF"}},
    {"model_is_another_gguf", twin_of("stranger.gguf"), 3, {"stranger.gguf", "not a language model"}},
    {"model_is_an_artefact", twin_of("map.gguf"), 3, {"map.gguf"}},
    {"narrower", twin("--width 48"), 2, {"64", "48"}},
    {"width_between_steps", twin("--width 70"), 2, {"multiple of 16", "70"}},
    {"width_0", twin("--width 0"), 2, {"--width", "0"}},
    {"width_endless", twin("--width 1000000000"), 2, {"--width", "65536"}},
    {"width_no_number", twin("--width wide"), 2, {"--width", "wide"}},
    {"noise_negative", twin("--noise -0.1"), 2, {"--noise", "-0.1"}},
    {"noise_not_finite", twin("--noise nan"), 2, {"--noise", "nan"}},
    {"noise_endless", twin("--noise inf"), 2, {"--noise", "inf"}},
    {"output_is_the_model", "twin --model source.gguf --out folder/../source.gguf", 2, {"source.gguf", "another output"}},
    {"output_is_a_folder", "twin --model source.gguf --out folder", 3, {"folder"}},
    {"folder_of_output_missing", "twin --model source.gguf --out nowhere/new.gguf", 3, {"nowhere/new.gguf"}},
    {"map_is_the_model", twin("--map source.gguf"), 2, {"source.gguf", "another output"}},
    {"map_is_the_twin", twin("--map folder/../new.gguf"), 2, {"--map", "--out"}},
    {"folder_of_map_missing", twin("--map nowhere/map.gguf"), 3, {"nowhere/map.gguf"}},
    {"neutral_missing", twin("--map new_map.gguf --neutral nowhere.txt"), 3, {"nowhere.txt"}},
}); }

std::string judge(const std::string& rest) { return "evaluate --target target.gguf --task test.jsonl " + rest; }
std::string judge_task(const std::string& task) {
    return "evaluate --target target.gguf --vector vector.gguf --task " + task;
}

TEST(Refused, evaluate) { expect_all_refused({
    {"examples_without_texts", judge("--vector vector.gguf --few-shot 2"), 2, {"--few-shot", "--native-pairs"}},
    {"vector_of_another_model", "evaluate --target other.gguf --task test.jsonl --vector vector.gguf", 4, {"vector.gguf", "Tiny target", "Tiny other"}},
    {"vector_of_another_width", judge("--vector narrow.gguf"), 4, {"narrow.gguf", "64", "96"}},
    {"vector_too_deep", judge("--vector deep.gguf"), 4, {"deep.gguf", "9", "0 to 4"}},
    {"vector_missing", judge("--vector nowhere.gguf"), 3, {"nowhere.gguf"}},
    {"vector_cut", judge("--vector cut_vector.gguf"), 3, {"cut_vector.gguf"}},
    {"vector_is_controls", judge("--vector vector.controls.gguf"), 3, {"vector.controls.gguf"}},
    {"vector_named_like_a_role", judge("--vector native.gguf"), 2, {"native", "rename"}},
    {"vector_twice", judge("--vector vector.gguf --vector vector.gguf"), 2, {"vector", "rename"}},
    {"unknown_numbering", judge("--vector foreign.gguf --layer-numbering odd"), 2, {"odd", "one-late"}},
    {"task_malformed", judge_task("task_malformed.jsonl"), 3, {"task_malformed.jsonl:3"}},
    {"task_answer_out_of_range", judge_task("task_answer.jsonl"), 3, {"task_answer.jsonl:1", "2"}},
    {"task_of_one_choice", judge_task("task_one_choice.jsonl"), 3, {"task_one_choice.jsonl:1", "at least 2", "1"}},
    {"task_without_a_true_choice", judge_task("task_all_false.jsonl"), 3, {"task_all_false.jsonl:1", "choice true"}},
    {"task_developed_on", judge("--vector vector.gguf --dev-task test.jsonl"), 3, {"test.jsonl:1: ", "stands in test.jsonl:1"}},
    {"prompt_developed_on", judge("--vector vector.gguf --dev-task task_shared.jsonl --limit 1"), 3, {"test.jsonl:1: ", "stands in task_shared.jsonl:4"}},
    {"prompt_in_both_halves", judge_task("task_halves.jsonl"), 3, {"task_halves.jsonl:2: ", "stands in task_halves.jsonl:1"}},
    {"task_without_test_items", judge_task("only_dev.jsonl"), 3, {"only_dev.jsonl"}},
    {"limit_negative", judge("--vector vector.gguf --limit -1"), 2, {"--limit", "-1"}},
    {"draws_negative", judge("--vector vector.gguf --draws -3"), 2, {"--draws", "-3"}},
    {"budget_no_number", judge("--vector vector.gguf --budget big"), 2, {"--budget", "big"}},
    {"unknown_control", judge("--vector vector.gguf --controls magic"), 2, {"--controls", "magic"}},
    {"native_pairs_one_class", judge("--vector vector.gguf --native-pairs one_class.jsonl"), 3, {"one_class.jsonl"}},
    {"judged_task_without_judge", judge_task("judged.jsonl"), 2, {"--judge", "judged"}},
    {"judge_of_another_task", judge("--vector vector.gguf --judge target.gguf"), 2, {"--judge", "not judged"}},
    {"judge_missing", judge_task("judged.jsonl --judge nowhere.gguf"), 3, {"nowhere.gguf"}},
    {"judge_over_https", judge_task("judged.jsonl --judge https://localhost"), 2, {"--judge", "http://"}},
    {"judge_without_port", judge_task("judged.jsonl --judge http://localhost:x"), 2, {"--judge", "localhost:x"}},
    {"judge_tries_0", judge_task("judged.jsonl --judge target.gguf --judge-tries 0"), 2, {"--judge-tries"}},
    {"labelled_without_judge", judge("--vector vector.gguf --judge-labelled labelled.jsonl"), 2, {"--judge-labelled"}},
    {"labelled_malformed", judge_task("judged.jsonl --judge target.gguf --judge-labelled dev.jsonl"), 3, {"dev.jsonl:1", "reply"}},
    {"judged_task_to_transplant", carry("--task judged.jsonl"), 2, {"judged", "--judge"}},
    {"judge_of_choices_to_transplant", carry("--task dev.jsonl --judge target.gguf"), 2, {"--judge", "not judged"}},
    {"judge_without_task_to_transplant", carry("--judge target.gguf"), 2, {"--judge", "--task"}},
    {"report_folder_missing", judge("--vector vector.gguf --report nowhere/r.html"), 3, {"nowhere/r.html"}},
    {"report_json_is_a_folder", judge("--vector vector.gguf --report-json folder"), 3, {"folder"}},
    {"similarity_from_no_map", judge("--vector vector.gguf --similarity-from concept.gguf"), 3, {"concept.gguf"}},
}); }

std::string check_again(const std::string& rest) { return "verify --target target.gguf " + rest; }

TEST(Refused, verify) { expect_all_refused({
    {"vector_of_another_engine", check_again("--vector foreign.gguf"), 3, {"foreign.gguf", "no evidence"}},
    {"vector_without_signature", check_again("--vector vector.gguf"), 2, {"vector.gguf", "signature", "--task"}},
    {"vector_missing", check_again("--vector nowhere.gguf"), 3, {"nowhere.gguf"}},
    {"vector_cut", check_again("--vector cut_vector.gguf"), 3, {"cut_vector.gguf"}},
    {"vector_is_a_map", check_again("--vector map.gguf"), 3, {"map.gguf", "controlvector"}},
    {"target_missing", "verify --target nowhere.gguf --vector vector.gguf --task dev.jsonl", 3, {"nowhere.gguf"}},
    {"target_cut", "verify --target cut_target.gguf --vector vector.gguf --task dev.jsonl", 3, {"cut_target.gguf", "cut off"}},
    {"task_malformed", check_again("--vector vector.gguf --task task_malformed.jsonl"), 3, {"task_malformed.jsonl:3"}},
    {"neutral_missing", check_again("--vector vector.gguf --task dev.jsonl --neutral nowhere.txt"), 3, {"nowhere.txt"}},
    {"limit_negative", check_again("--vector vector.gguf --task dev.jsonl --limit -1"), 2, {"--limit", "-1"}},
}); }

std::string continue_with(const std::string& rest) {
    return "generate --model target.gguf --prompt Hello --max-tokens 2 " + rest;
}

TEST(Refused, generate) { expect_all_refused({
    {"no_prompt", "generate --model target.gguf", 2, {"--prompt"}},
    {"two_prompts", continue_with("--prompts prompts.jsonl"), 2, {"--prompt"}},
    {"empty_prompt", "generate --model target.gguf --prompt ''", 2, {"--prompt"}},
    {"prompts_missing", "generate --model target.gguf --prompts nowhere.txt", 3, {"nowhere.txt"}},
    {"prompts_without_key", "generate --model target.gguf --prompts prompts_malformed.jsonl", 3, {"prompts_malformed.jsonl:2", "prompt"}},
    {"prompts_of_another_kind", "generate --model target.gguf --prompts table.csv", 3, {"table.csv", ".jsonl"}},
    {"prompts_empty", "generate --model target.gguf --prompts empty.jsonl", 3, {"empty.jsonl"}},
    {"context_too_small", "generate --model target.gguf --prompt Hello --max-tokens 600", 2, {"512"}},
    {"tokens_endless", "generate --model target.gguf --prompt Hello --max-tokens 18446744073709551615", 2, {"--max-tokens"}},
    {"no_tokens", "generate --model target.gguf --prompt Hello --max-tokens 0", 2, {"--max-tokens"}},
    {"temperature_negative", continue_with("--temperature -1"), 2, {"--temperature"}},
    {"top_p_over_1", continue_with("--top-p 1.5"), 2, {"--top-p"}},
    {"dose_no_number", continue_with("--vector vector.gguf=strong"), 2, {"vector.gguf=strong", "number"}},
    {"dose_not_finite", continue_with("--vector vector.gguf=inf"), 2, {"vector.gguf=inf", "number"}},
    {"dose_of_a_file_that_knows_none", continue_with("--vector foreign.gguf=0.5"), 2, {"foreign.gguf", "without =DOSE"}},
    {"vector_of_another_model", "generate --model other.gguf --prompt Hello --vector vector.gguf", 4, {"vector.gguf", "Tiny target", "Tiny other"}},
    {"vector_of_another_width", continue_with("--vector narrow.gguf"), 4, {"narrow.gguf", "64", "96"}},
    {"vector_too_deep", continue_with("--vector deep.gguf"), 4, {"deep.gguf", "9", "0 to 4"}},
    {"output_folder_missing", continue_with("--out nowhere/texts.jsonl"), 3, {"nowhere/texts.jsonl"}},
}); }

std::string compare(const std::string& rest) {
    return "conflicts --target target.gguf --neutral neutral.txt --neutral-dev neutral.txt " + rest;
}
std::string compare_two(const std::string& rest) { return compare("--vector vector.gguf --vector second.gguf " + rest); }

TEST(Refused, explain) { expect_all_refused({
    {"vector_of_another_model", "explain --target other.gguf --vector vector.gguf", 4, {"vector.gguf", "Tiny target", "Tiny other"}},
    {"vector_missing", "explain --target target.gguf --vector nowhere.gguf", 3, {"nowhere.gguf"}},
    {"text_empty", "explain --target target.gguf --neutral neutral.txt --vector vector.gguf --text ''", 2, {"--text", "empty"}},
    {"words_none", "explain --target target.gguf --vector vector.gguf --words 0", 2, {"--words", "0"}},
    {"html_folder_missing", "explain --target target.gguf --vector vector.gguf --html nowhere/e.html", 3, {"nowhere/e.html"}},
}); }

TEST(Refused, conflicts) { expect_all_refused({
    {"one_vector", compare("--vector vector.gguf"), 2, {"--vector", "two", "1"}},
    {"vectors_of_another_target", compare("--vector vector.gguf --vector other_vector.gguf"), 4, {"other_vector.gguf", "Tiny target", "Tiny other"}},
    {"vector_of_another_width", compare("--vector vector.gguf --vector narrow.gguf"), 4, {"narrow.gguf", "64", "96"}},
    {"vector_missing", compare("--vector vector.gguf --vector nowhere.gguf"), 3, {"nowhere.gguf"}},
    {"vector_cut", compare("--vector vector.gguf --vector cut_vector.gguf"), 3, {"cut_vector.gguf"}},
    {"vector_twice", compare("--vector vector.gguf --vector ./vector.gguf"), 2, {"vector", "rename"}},
    {"task_of_no_vector", compare_two("--task joy=test.jsonl"), 2, {"joy", "vector, second"}},
    {"task_without_name", compare_two("--task test.jsonl"), 2, {"test.jsonl", "NAME=FILE"}},
    {"task_twice", compare_two("--task vector=test.jsonl --task vector=test.jsonl"), 2, {"vector=test.jsonl", "already"}},
    {"task_missing", compare_two("--task vector=nowhere.jsonl"), 3, {"nowhere.jsonl"}},
    {"task_malformed", compare_two("--task vector=task_malformed.jsonl"), 3, {"task_malformed.jsonl:3"}},
    {"collinear", compare("--vector vector.gguf --vector twin.gguf --orthogonalise new"), 5, {"collinear", "vector, twin", "layer 3"}},
    {"no_layer_in_common", compare("--vector vector.gguf --vector elsewhere.gguf --orthogonalise new"), 2, {"vector", "--target-layer"}},
    {"folder_is_a_file", compare_two("--orthogonalise corpus.txt"), 3, {"corpus.txt", "folder"}},
    {"folder_in_no_folder", compare_two("--orthogonalise nowhere/new"), 3, {"nowhere/new"}},
    {"vectors_in_their_own_folder", compare_two("--orthogonalise ."), 2, {"vector.gguf", "another output"}},
}); }

TEST(Refused, average) { expect_all_refused({
    {"one_vector", "average --vector vector.gguf --out new.gguf", 2, {"two", "1"}},
    {"different_targets", "average --vector vector.gguf --vector other_vector.gguf --out new.gguf", 4, {"other_vector", "Tiny target", "Tiny other"}},
    {"no_layer_in_common", "average --vector vector.gguf --vector elsewhere.gguf --out new.gguf", 2, {"layer in common"}},
    {"no_control_vector", "average --vector vector.gguf --vector map.gguf --out new.gguf", 3, {"map.gguf"}},
    {"output_is_a_part", "average --vector vector.gguf --vector second.gguf --out second.gguf", 2, {"second.gguf", "another output"}},
    {"output_folder_missing", "average --vector vector.gguf --vector second.gguf --out nowhere/new.gguf", 3, {"nowhere/new.gguf"}},
}); }

std::string chain(const std::string& first, const std::string& second) {
    return "compose --map " + first + " --map " + second + " --out new.gguf";
}
std::string turn_round(const std::string& rest) { return "compose --inverse map.gguf --out new.gguf " + rest; }

TEST(Refused, compose) { expect_all_refused({
    {"nothing", "compose --out new.gguf", 2, {"--map", "--inverse"}},
    {"one_map", "compose --map map.gguf --out new.gguf", 2, {"--map", "two", "1"}},
    {"both", turn_round("--map map.gguf --map next_map.gguf"), 2, {"--map", "--inverse"}},
    {"another_middle_model", chain("map.gguf", "map.gguf"), 4, {"Tiny source", "Tiny target"}},
    {"layers_do_not_meet", chain("map.gguf", "astray_map.gguf"), 2, {"2 paper", "3 token-plain", "1 paper"}},
    {"no_entries", chain("map.gguf", "empty_map.gguf"), 2, {"Tiny other", "no map"}},
    {"no_map_file", chain("map.gguf", "concept.gguf"), 3, {"concept.gguf", "contrans-map"}},
    {"map_cut", chain("map.gguf", "cut_map.gguf"), 3, {"cut_map.gguf"}},
    {"inverse_without_target", turn_round(""), 2, {"--inverse", "--target"}},
    {"inverse_of_another_model", turn_round("--target other.gguf"), 4, {"map.gguf", "Tiny source", "Tiny other"}},
    {"inverse_of_nothing", "compose --inverse empty_map.gguf --target target.gguf --out new.gguf", 2, {"empty_map.gguf", "no map"}},
    {"rank_0", turn_round("--target source.gguf --rank 0"), 2, {"--rank", "0"}},
    {"rank_over_the_width", turn_round("--target source.gguf --neutral neutral.txt --rank 65"), 2, {"1 to 64", "65"}},
    {"rank_and_floor", turn_round("--target source.gguf --rank 3 --floor 0.1"), 2, {"--rank", "--floor"}},
    {"floor_0", turn_round("--target source.gguf --floor 0"), 2, {"--floor"}},
    {"rank_of_a_chain", chain("map.gguf", "next_map.gguf") + " --rank 3", 2, {"--rank", "--inverse"}},
    {"output_is_a_map", "compose --map map.gguf --map next_map.gguf --out map.gguf", 2, {"map.gguf", "another output"}},
    {"output_folder_missing", "compose --map map.gguf --map next_map.gguf --out nowhere/new.gguf", 3, {"nowhere/new.gguf"}},
}); }

TEST(Refused, others) { expect_all_refused({
    {"report_malformed", "report report_malformed.json", 3, {"report_malformed.json", "results"}},
    {"report_missing", "report nowhere.json", 3, {"nowhere.json"}},
    {"inspect_text", "inspect words.gguf", 3, {"words.gguf", "GGUF"}},
    {"inspect_nothing", "inspect nowhere.gguf", 3, {"nowhere.gguf"}},
    {"inspect_cut", "inspect cut_map.gguf", 3, {"cut_map.gguf"}},
    {"inspect_against_another_target", "inspect vector.gguf --against other_vector.gguf", 4, {"other_vector.gguf", "Tiny target", "Tiny other"}},
    {"inspect_against_another_layer", "inspect vector.gguf --against elsewhere.gguf", 2, {"elsewhere.gguf", "no layer"}},
    {"inspect_against_no_vector", "inspect vector.gguf --against map.gguf", 3, {"map.gguf"}},
    {"inspect_report_malformed", "inspect vector.gguf --report report_malformed.json", 3, {"report_malformed.json"}},
    {"inspect_one_bad_of_two", "inspect vector.gguf words.gguf", 3, {"words.gguf"}},
    {"no_command", "", 2, {"command", "--help"}},
    {"unknown_command", "fly", 2, {"fly"}},
    {"unknown_option", refine("--speed 3"), 2, {"--speed", "contrans refine --help"}},
    {"missing_option", "refine --model source.gguf", 2, {"--pairs"}},
    {"threads_negative", refine("--threads -1"), 2, {"--threads", "-1"}},
    {"seed_negative", refine("--seed -1"), 2, {"--seed", "-1"}},
    {"gpu_layers_negative", refine("--gpu-layers -1"), 2, {"--gpu-layers", "-1"}},
    // The tests' llama.cpp is built for the CPU.
    {"gpu_layers_without_a_gpu", refine("--gpu-layers 5"), 4, {"GPU", "docs/gpu.md"}},
    {"threads_no_number", refine("--threads many"), 2, {"--threads"}},
}); }

// clang-format on

}  // namespace
}  // namespace contrans
