#include "contrans/study/content_key.h"

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

TEST(ContentKey, TellsPartsApart) {
    EXPECT_EQ(ContentKey("map").add("ab").digest(), ContentKey("map").add("ab").digest());
    EXPECT_NE(ContentKey("map").add("ab").add("c").digest(), ContentKey("map").add("a").add("bc").digest());
    EXPECT_NE(ContentKey("map").add("a").digest(), ContentKey("refine").add("a").digest());
    EXPECT_NE(ContentKey("map").add(0.5).digest(), ContentKey("map").add(0.25).digest());
    EXPECT_EQ(ContentKey("map").digest().size(), 32U);
}

TEST(ContentKey, FollowsAFilesBytesNotItsName) {
    const testing::TemporaryFolder folder;
    const auto of = [&](const std::string& name, const std::string& bytes) {
        testing::write_bytes(folder / name, bytes);
        return ContentKey("map").add_file(folder / name).digest();
    };
    const std::string large(200'000, 'x');
    EXPECT_EQ(of("a", large), of("b", large));
    EXPECT_NE(of("a", large), of("b", large + "y"));
    EXPECT_TRUE(throws_error(ErrorKind::io, {"none"}, [&] { ContentKey("map").add_file(folder / "none"); }));
}

}  // namespace
}  // namespace contrans
