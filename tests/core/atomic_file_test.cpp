#include "contrans/core/atomic_file.h"

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/hostile_disk.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::FullDisk;
using testing::TemporaryFolder;
using testing::throws_error;
using testing::Unprivileged;

TEST(AtomicFile, appears_whole_under_its_name_and_leaves_nothing_else) {
    const TemporaryFolder folder;
    write_text_file(folder / "a.txt", "one\n");
    write_text_file(folder / "a.txt", "two\n");
    EXPECT_EQ(testing::read_bytes(folder / "a.txt"), "two\n");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(AtomicFile, is_not_there_before_commit_and_gone_without_it) {
    const TemporaryFolder folder;
    {
        AtomicFile file(folder / "a.txt");
        file.write("half");
        EXPECT_FALSE(std::filesystem::exists(folder / "a.txt"));
        EXPECT_FALSE(folder.empty());
    }
    EXPECT_TRUE(folder.empty());
}

TEST(AtomicFile, two_writers_of_one_file_do_not_mix) {
    const TemporaryFolder folder;
    AtomicFile first(folder / "a.txt");
    AtomicFile second(folder / "a.txt");
    first.write("first");
    second.write("second");
    first.commit();
    second.commit();
    EXPECT_EQ(testing::read_bytes(folder / "a.txt"), "second");
}

TEST(AtomicFile, follows_a_symbolic_link) {
    const TemporaryFolder folder;
    testing::write_bytes(folder / "real.txt", "old");
    std::filesystem::create_symlink(folder / "real.txt", folder / "link.txt");
    write_text_file(folder / "link.txt", "new");
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.txt"));
    EXPECT_EQ(testing::read_bytes(folder / "real.txt"), "new");
}

TEST(AtomicFile, full_disk_keeps_the_old_file_and_no_partial_one) {
    const TemporaryFolder folder;
    write_text_file(folder / "a.txt", "old");
    const std::string big(100'000, 'x');
    {
        const FullDisk limit(4096);
        EXPECT_TRUE(throws_error(ErrorKind::io, {"a.txt", "write", "File too large"},
                                 [&] { write_text_file(folder / "a.txt", big); }));
    }
    EXPECT_EQ(testing::read_bytes(folder / "a.txt"), "old");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(AtomicFile, names_the_file_and_the_reason_when_it_cannot_be_created) {
    const TemporaryFolder folder;
    EXPECT_TRUE(throws_error(ErrorKind::io, {"missing/a.txt", "No such file or directory"},
                             [&] { write_text_file(folder / "missing/a.txt", "x"); }));
    EXPECT_TRUE(throws_error(ErrorKind::io, {folder.path().string(), "not a regular file"},
                             [&] { write_text_file(folder.path(), "x"); }));
    EXPECT_TRUE(
        throws_error(ErrorKind::io, {"/dev/full", "not a regular file"}, [] { write_text_file("/dev/full", "x"); }));
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read |
                                                    std::filesystem::perms::owner_exec |
                                                    std::filesystem::perms::others_exec);
    const Unprivileged anybody;
    EXPECT_TRUE(
        throws_error(ErrorKind::io, {"a.txt", "Permission denied"}, [&] { write_text_file(folder / "a.txt", "x"); }));
}

}  // namespace
}  // namespace contrans
