#include "contrans/pipeline/verify.h"

#include <filesystem>
#include <string>

#include "contrans/evaluation/damage.h"
#include "contrans/pipeline/behaviour_search.h"
#include "contrans/pipeline/effect_meter.h"
#include "contrans/pipeline/target_spread.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/transplant/candidate.h"
#include "contrans/transplant/vector_set.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/requantised.h"
#include "tests/runtime/tiny_models.h"
#include "tests/tiny_model.h"

namespace contrans {
namespace {

using testing::throws_error;

/// The tiny target with words that a signature can be told by.
testing::TinyModel wordy() {
    testing::TinyModel tiny = testing::tiny_target();
    tiny.words = 150;
    return tiny;
}

class Verify : public ::testing::Test {
protected:
    Verify() : target_(Model::load(write_tiny_model(folder_ / "target.gguf", wordy()))) {
        request_.neutral = testing::neutral(1);
        request_.threads = 1;
        vector_ = made_for(target_);
    }

    /// A vector of layer 2, with what it does to that model.
    [[nodiscard]] ControlVector made_for(const std::shared_ptr<const Model>& target) const {
        ControlVector vector = testing::hand_made().vector;
        vector.target = target->identity();
        const double sigma = measure_spread(target, request_.neutral, {LayerIndex{2}}, 1, {}).front().sigma;
        vector.layers = layers_at_dose(named_by_layers({{LayerIndex{2}, vector.layers[0].offset, sigma}}), 0.5);
        vector.provenance.emplace();
        vector.provenance->chosen_by = "behaviour";
        DamageMeter damage(target, request_.neutral, {.texts = kSearchDamageTexts, .positions = 1, .threads = 1}, {});
        const auto plan = combined_plan({&vector, 1});
        vector.provenance->kl_nats = damage.measure({&plan, 1}, {}).front().kl_nats;
        vector.provenance->effect = sign_effect(target, vector, 1, {});
        return vector;
    }
    VerifyResult against(const std::filesystem::path& file) {
        return verify(vector_, read_model_identity(file), [&] { return Model::load(file); }, request_, {});
    }
    std::filesystem::path tiny(const testing::TinyModel& model) {
        return write_tiny_model(folder_ / "now.gguf", model);
    }

    testing::TemporaryFolder folder_;
    std::shared_ptr<const Model> target_;
    VerifyRequest request_;
    ControlVector vector_;
};

TEST_F(Verify, HoldsOnTheModelItWasMadeFor) {
    const VerifyResult result = against(target_->file());
    EXPECT_EQ(result.judgement.verdict, DriftVerdict::holds) << result.judgement.rule;
    EXPECT_EQ(result.made_for, result.target);
    EXPECT_NEAR(*result.measures.as_written->agreement, 1, 1e-3);
    EXPECT_NEAR(result.measures.as_written->kl_nats, *result.measures.kl_was, 1e-6);
    EXPECT_NEAR(result.measures.redosed->dose, 0.5, 0.05);
    EXPECT_NEAR(result.measures.spread.at(0).now, result.measures.spread.at(0).was, 1e-3);
    EXPECT_NEAR(*result.measures.loss_now, *result.measures.loss_was, 1e-6);
}

TEST_F(Verify, HoldsOnAQuantOfIt) {
    const auto quant = testing::requantised(target_->file(), folder_ / "q8.gguf", testing::Quantisation::q8_0);
    const VerifyResult result = against(quant);
    EXPECT_NE(result.made_for, result.target);
    EXPECT_EQ(result.judgement.verdict, DriftVerdict::holds) << result.judgement.rule;
    EXPECT_GT(*result.measures.as_written->agreement, 0.9);
}

TEST_F(Verify, MapsAgainOrRefusesWhereTheWeightsAreOthers) {
    testing::TinyModel other = wordy();
    other.seed += 100;
    const VerifyResult result = against(tiny(other));
    EXPECT_TRUE(result.judgement.verdict == DriftVerdict::remap || result.judgement.verdict == DriftVerdict::refuse)
        << result.judgement.rule;
    EXPECT_LT(*result.measures.as_written->agreement, 0.7);
}

TEST_F(Verify, RefusesATargetThatReadsWorse) {
    testing::TinyModel louder = wordy();  // its head is its embeddings: it is surer of what is wrong
    louder.loudness *= 1.5F;
    const VerifyResult result = against(tiny(louder));
    EXPECT_EQ(result.judgement.verdict, DriftVerdict::refuse);
    EXPECT_NE(result.judgement.rule.find("nats a token"), std::string::npos) << result.judgement.rule;
}

TEST_F(Verify, DosesAnewWhereDamageOrSpreadWereOthers) {
    const double now = *vector_.provenance->kl_nats;
    vector_.provenance->kl_nats = now / 3;
    const VerifyResult damage = against(target_->file());
    EXPECT_EQ(damage.judgement.verdict, DriftVerdict::redose) << damage.judgement.rule;
    EXPECT_NE(damage.judgement.rule.find("damage"), std::string::npos) << damage.judgement.rule;
    EXPECT_LT(damage.measures.redosed->dose, 0.45);
    EXPECT_NEAR(damage.measures.redosed->kl_nats, now / 3, 0.2 * now);

    vector_.provenance->kl_nats = now;
    vector_.layers[0].sigma /= 1.4;
    const VerifyResult spread = against(target_->file());
    EXPECT_EQ(spread.judgement.verdict, DriftVerdict::redose) << spread.judgement.rule;
    EXPECT_NE(spread.judgement.rule.find("spread of layer 2"), std::string::npos) << spread.judgement.rule;
}

TEST_F(Verify, RefusesAnotherBuildByItsHeader) {
    testing::TinyModel deeper = wordy();
    ++deeper.layers;
    testing::TinyModel more_words = wordy();
    ++more_words.words;
    for (const auto& [model, part] : {std::pair{deeper, "depth"}, std::pair{more_words, "tokenizer"}}) {
        const VerifyResult result =
            verify(vector_, read_model_identity(tiny(model)),
                   []() -> std::shared_ptr<const Model> { throw Error(ErrorKind::model, "was loaded"); }, request_, {});
        EXPECT_EQ(result.judgement.verdict, DriftVerdict::refuse);
        EXPECT_NE(result.judgement.rule.find(part), std::string::npos) << result.judgement.rule;
    }
}

TEST_F(Verify, ATaskIsScoredAtBothDoses) {
    request_.task = testing::task(1);
    vector_.provenance->effect.reset();
    vector_.provenance->dev_unsteered = 0.0;
    vector_.provenance->dev_value = 1.0;
    const VerifyResult result = against(target_->file());
    EXPECT_FALSE(result.measures.as_written->agreement);
    ASSERT_TRUE(result.measures.as_written->gain);
    ASSERT_TRUE(result.measures.redosed->gain);
    EXPECT_NE(result.judgement.verdict, DriftVerdict::holds) << "random weights gain nothing like 0.7";
    EXPECT_NE(result.judgement.rule.find("1.00 then"), std::string::npos) << result.judgement.rule;
}

TEST_F(Verify, SaysBesideTheTaskWhatTheSignatureAloneWouldSay) {
    EXPECT_FALSE(against(target_->file()).by_signature);
    request_.task = testing::task(1);
    vector_.provenance->dev_unsteered = 0.0;
    vector_.provenance->dev_value = 1.0;
    const VerifyResult result = against(target_->file());
    EXPECT_NE(result.judgement.verdict, DriftVerdict::holds);
    ASSERT_TRUE(result.by_signature);
    EXPECT_EQ(result.by_signature->verdict, DriftVerdict::holds) << result.by_signature->rule;
}

TEST_F(Verify, ControlsAreMeasuredBesideIt) {
    request_.controls = ControlSet{target_->identity(), testing::hand_made().controls->directions};
    const VerifyResult result = against(target_->file());
    ASSERT_TRUE(result.measures.control_agreement);
    EXPECT_LT(*result.measures.control_agreement, 0.9);
}

TEST_F(Verify, NeedsEvidence) {
    vector_.provenance->effect.reset();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"signature", "--task"}, [&] { (void)against(target_->file()); }));
    vector_.provenance.reset();
    EXPECT_TRUE(throws_error(ErrorKind::format, {"no evidence"}, [&] { (void)against(target_->file()); }));
}

}  // namespace
}  // namespace contrans
