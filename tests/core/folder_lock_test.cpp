#include "contrans/core/folder_lock.h"

#include <optional>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

TEST(FolderLock, LetsOneInAtATime) {
    const testing::TemporaryFolder folder;
    std::optional<FolderLock> first(std::in_place, folder.path());
    EXPECT_TRUE(testing::throws_error(ErrorKind::io, {folder.path().string(), "another run"},
                                      [&] { FolderLock(folder.path()); }));
    first.reset();
    EXPECT_NO_THROW(FolderLock(folder.path()));
}

TEST(FolderLock, NeedsAFolder) {
    const testing::TemporaryFolder folder;
    EXPECT_TRUE(testing::throws_error(ErrorKind::io, {"none"}, [&] { FolderLock(folder / "none"); }));
}

}  // namespace
}  // namespace contrans
