#include "contrans/runtime/weight_expansion.h"

#include <cstdlib>
#include <string>

#include "contrans/runtime/fingerprint.h"
#include "gtest/gtest.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

class WeightExpansion : public ::testing::Test {
protected:
    void SetUp() override {
        const char* cache = std::getenv("CONTRANS_CACHE");
        before_ = cache == nullptr ? "" : cache;
        ::setenv("CONTRANS_CACHE", cache_.path().c_str(), 1);
    }
    void TearDown() override {
        before_.empty() ? ::unsetenv("CONTRANS_CACHE") : ::setenv("CONTRANS_CACHE", before_.c_str(), 1);
    }

    testing::TemporaryFolder cache_;
    std::string before_;
};

TEST_F(WeightExpansion, FastWeightsStayWhereTheyAre) {
    const auto& file = testing::tiny_source_file();
    EXPECT_EQ(expanded_weights(file, read_model_identity(file)), file);
    EXPECT_TRUE(cache_.empty());
    EXPECT_EQ(Model::load(file, {.weights = WeightMode::expand_slow})->weights(), WeightMode::keep);
}

TEST_F(WeightExpansion, ACopyMadeBeforeIsUsed) {
    const auto& file = testing::tiny_source_file();
    const ModelIdentity identity = read_model_identity(file);
    const auto copy = cache_ / ("expanded/" + identity.fingerprint + ".bf16.gguf");
    std::filesystem::create_directories(copy.parent_path());
    std::filesystem::copy_file(file, copy);
    EXPECT_EQ(expanded_weights(file, identity), copy);
    // The identity is that of the file asked for.
    const auto model = Model::load(file, {.weights = WeightMode::expand_slow});
    EXPECT_EQ(model->file(), file);
    EXPECT_EQ(model->identity(), identity);
    EXPECT_EQ(model->weights(), WeightMode::expand_slow);
    EXPECT_EQ(Model::load(file)->weights(), WeightMode::keep);
}

}  // namespace
}  // namespace contrans
