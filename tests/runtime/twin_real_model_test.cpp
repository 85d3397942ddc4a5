#include <string>

#include "contrans/runtime/model.h"
#include "contrans/runtime/twin.h"
#include "gtest/gtest.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/requantised.h"
#include "tests/runtime/tiny_models.h"
#include "tests/runtime/turned_reading.h"

namespace contrans {
namespace {

TEST(SmolLm2Twin, AnswersAsItsModelDoesInTurnedCoordinates) {
    const testing::TemporaryFolder folder;
    const auto file = testing::real_smollm2()->file();
    const auto model = Model::load(testing::requantised(file, folder / "f32.gguf", testing::Quantisation::f32));
    for (const std::size_t width : {std::size_t{0}, std::size_t{704}}) {
        const TwinOptions options{.width = width, .seed = 7};
        write_twin(file, folder / "twin.gguf", options, {});
        const auto twin = Model::load(folder / "twin.gguf");
        const MatrixF64 rotation = twin_rotation(model->d_model(), twin->d_model(), options.seed);
        for (const std::string text :
             {"The Danube rises in the Black Forest and flows east.", "def f(x):\n    return x + 1"}) {
            const auto distance = testing::turned_distance(*model, *twin, rotation, text);
            RecordProperty("logits_" + std::to_string(width), std::to_string(distance.logits));
            RecordProperty("states_" + std::to_string(width), std::to_string(distance.states));
            EXPECT_LT(distance.logits, 1e-4) << width << " " << text;
            EXPECT_LT(distance.states, 1e-5) << width << " " << text;
        }
    }
}

}  // namespace
}  // namespace contrans
