#include "contrans/core/model_identity.h"

#include "contrans/core/model_identity_keys.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

ModelIdentity small() {
    return {.fingerprint = std::string(64, 'a'),
            .name = "Small é",
            .architecture = "llama",
            .d_model = 576,
            .n_layers = 30,
            .tokenizer = std::string(64, 'c')};
}

TEST(ModelIdentity, another_model_is_refused_with_both_named_unless_allowed) {
    ModelIdentity other = small();
    other.fingerprint = std::string(64, 'b');
    other.name = "";
    EXPECT_TRUE(throws_error(ErrorKind::model,
                             {"c.gguf", "Small é (llama, aaaaaaaa)", "unnamed model (llama, bbbbbbbb)"},
                             [&] { require_same_model("c.gguf", small(), other, IdentityMismatch::refuse); }));
    EXPECT_NO_THROW(require_same_model("c.gguf", small(), other, IdentityMismatch::allow));
    EXPECT_NO_THROW(require_same_model("c.gguf", small(), small(), IdentityMismatch::refuse));
}

TEST(ModelIdentity, every_field_survives_an_artefact) {
    const testing::TemporaryFolder folder;
    ArtefactWriter writer("test");
    set_model_identity(writer, "contrans.source.", small());
    writer.write(folder / "a.gguf");
    const ArtefactReader reader(folder / "a.gguf");
    EXPECT_TRUE(has_model_identity(reader, "contrans.source."));
    EXPECT_FALSE(has_model_identity(reader, "contrans.target."));
    const ModelIdentity read = get_model_identity(reader, "contrans.source.");
    EXPECT_EQ(read.fingerprint, small().fingerprint);
    EXPECT_EQ(read.name, small().name);
    EXPECT_EQ(read.architecture, small().architecture);
    EXPECT_EQ(read.d_model, small().d_model);
    EXPECT_EQ(read.n_layers, small().n_layers);
    EXPECT_EQ(read.tokenizer, small().tokenizer);
    EXPECT_TRUE(throws_error(ErrorKind::format, {"a.gguf", "contrans.target.fingerprint", "missing"},
                             [&] { (void)get_model_identity(reader, "contrans.target."); }));
}

}  // namespace
}  // namespace contrans
