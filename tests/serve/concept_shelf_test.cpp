#include "contrans/serve/concept_shelf.h"

#include <string>
#include <thread>
#include <vector>

#include "contrans/transplant/control_vector_file.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/tiny_models.h"
#include "tests/serve/served_world.h"

namespace contrans {
namespace {

using testing::served_model;
using testing::served_vector;
using testing::TemporaryFolder;
using testing::throws_error;

class ConceptShelfTest : public ::testing::Test {
protected:
    std::filesystem::path written(const std::string& name, unsigned seed = 1) {
        write_control_vector(served_vector({{2, 0.8}}, seed), folder_ / name);
        return folder_ / name;
    }

    TemporaryFolder folder_;
    ConceptShelf shelf_{served_model()};
};

TEST_F(ConceptShelfTest, OffersWhatItLoaded) {
    const auto served = shelf_.load(written("calm.gguf"));
    EXPECT_EQ(served->name, "calm");
    EXPECT_EQ(served->sha256.size(), 64U);
    EXPECT_DOUBLE_EQ(served->doses.usual, 0.8);
    EXPECT_NEAR(served->doses.lowest, -1.2, 1e-9);
    EXPECT_NEAR(served->doses.highest, 1.2, 1e-9);
    EXPECT_EQ(shelf_.find("calm"), served);
    EXPECT_EQ(shelf_.find("other"), nullptr);
    EXPECT_EQ(shelf_.load(folder_ / "calm.gguf", "again")->sha256, served->sha256);
    EXPECT_EQ(shelf_.list().size(), 2U);
}

TEST_F(ConceptShelfTest, AnotherFileOfANameTakesItsPlace) {
    const auto first = shelf_.load(written("calm.gguf"));
    const auto second = shelf_.load(written("calm.gguf", 2));
    EXPECT_NE(first->sha256, second->sha256);
    EXPECT_EQ(shelf_.find("calm"), second);
    EXPECT_EQ(first->vector.layers.size(), 1U);  // whoever has it keeps it
}

TEST_F(ConceptShelfTest, ForgetsWhatWasUnloaded) {
    shelf_.load(written("calm.gguf"));
    EXPECT_TRUE(shelf_.unload("calm"));
    EXPECT_FALSE(shelf_.unload("calm"));
    EXPECT_EQ(shelf_.find("calm"), nullptr);
}

TEST_F(ConceptShelfTest, LoadsAFolderButNotItsControls) {
    written("calm.gguf");
    written("loud.gguf");
    testing::write_bytes(folder_ / "calm.controls.gguf", "controls");
    testing::write_bytes(folder_ / "notes.txt", "notes");
    EXPECT_EQ(shelf_.load_folder(folder_.path()), 2U);
    EXPECT_NE(shelf_.find("loud"), nullptr);
    EXPECT_TRUE(throws_error(ErrorKind::io, {"nowhere"}, [&] { shelf_.load_folder(folder_ / "nowhere"); }));
}

TEST_F(ConceptShelfTest, RefusesWhatDoesNotFit) {
    EXPECT_TRUE(throws_error(ErrorKind::io, {"none.gguf"}, [&] { shelf_.load(folder_ / "none.gguf"); }));
    testing::write_bytes(folder_ / "bad.gguf", "nothing of the kind");
    EXPECT_TRUE(throws_error(ErrorKind::format, {"bad.gguf"}, [&] { shelf_.load(folder_ / "bad.gguf"); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"name", "a b"}, [&] { shelf_.load(written("c.gguf"), "a b"); }));
    ControlVector other = served_vector({{2, 0.8}}, 1);
    other.target = testing::tiny_target_model()->identity();
    other.target->d_model = 64;
    write_control_vector(other, folder_ / "other.gguf");
    EXPECT_TRUE(throws_error(ErrorKind::model, {"other.gguf"}, [&] { shelf_.load(folder_ / "other.gguf"); }));
    EXPECT_TRUE(shelf_.list().empty());
}

TEST_F(ConceptShelfTest, MayBeUsedFromManyThreads) {
    const auto file = written("calm.gguf");
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
                shelf_.load(file, "c" + std::to_string((t + i) % 5));
                (void)shelf_.find("c0");
                (void)shelf_.list();
                shelf_.unload("c" + std::to_string(i % 5));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_LE(shelf_.list().size(), 5U);
}

TEST(DoseRange, OfAnotherEnginesFileIsInTimesOfTheVectorAsWritten) {
    ControlVector vector;
    vector.layers = {{LayerIndex{2}, {1, 2}, 0, 0, 0}};
    EXPECT_EQ(dose_range_of(vector).usual, 1);
    EXPECT_EQ(dose_range_of(vector).highest, 1.5);
    vector.layers[0].dose = -0.4;
    EXPECT_NEAR(dose_range_of(vector).lowest, -0.6, 1e-9);
    EXPECT_NEAR(dose_range_of(vector).usual, -0.4, 1e-9);
}

}  // namespace
}  // namespace contrans
