#include <cstdlib>

#include "contrans/registry/registry_archive.h"
#include "contrans/registry/tar_file.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/hostile_disk.h"
#include "tests/registry/shelf_of_files.h"

namespace contrans {
namespace {

using testing::ShelfOfFiles;
using testing::throws_error;

/// A registry of two concepts that share a file, and its export.
class Archive : public ::testing::Test {
protected:
    Archive() : registry_(shelf_.open()), tar_(shelf_ / "all.tar") {
        const auto shared = shelf_.vector("shared", 1);
        (void)registry_.add({"happy", {shared}, "", "a note"});
        (void)registry_.add({"happy", {shelf_.vector("a", 2), shared}, "", ""});
        (void)registry_.add({"glad", {shared}, "", ""});
        registry_.tag(parse_version_reference("happy@1"), "production");
        (void)export_registry(registry_, {}, tar_);
    }

    Registry other(const std::string& actor = "bob") { return Registry(shelf_ / "other", {OpenMode::create, actor}); }

    static std::vector<ConceptVersion> import(Registry& registry, const std::filesystem::path& tar) {
        const UnpackedArchive archive(tar);
        return registry.take(archive.contents(), archive.files()).versions;
    }

    /// The export with other bytes where these first stand; of one length.
    std::filesystem::path edited(const std::string& from, const std::string& to) {
        std::string bytes = testing::read_bytes(tar_);
        bytes.replace(bytes.find(from), from.size(), to);
        testing::write_bytes(shelf_ / "edited.tar", bytes);
        return shelf_ / "edited.tar";
    }

    ShelfOfFiles shelf_;
    Registry registry_;
    std::filesystem::path tar_;
};

TEST_F(Archive, brings_versions_owners_notes_and_tags_to_another_registry) {
    Registry there = other();
    EXPECT_EQ(import(there, tar_).size(), 3U);
    const ConceptVersion first = there.show(parse_version_reference("happy@production"));
    EXPECT_EQ(first.version, 1);
    EXPECT_EQ(first.owner, "anna");
    EXPECT_EQ(first.note, "a note");
    EXPECT_EQ(first.files[0].description.target.name, "Target");
    EXPECT_TRUE(there.damage().empty());
    EXPECT_TRUE(import(there, tar_).empty()) << "a second time nothing is new";
    EXPECT_EQ(there.list().size(), 3U);
}

TEST_F(Archive, is_a_tar_that_other_programs_check) {
    const std::string command = "cd '" + (shelf_ / ".").string() + "' && mkdir out && tar xf all.tar -C out && " +
                                "cd out && sha256sum --quiet -c SHA256SUMS && test -f glad@1/shared.gguf";
    EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(Archive, holds_what_was_chosen) {
    EXPECT_EQ(
        export_registry(registry_, {{parse_version_reference("happy@1")}, {}}, shelf_ / "one.tar").versions.size(), 1U);
    Registry there = other();
    EXPECT_EQ(import(there, shelf_ / "one.tar").size(), 1U);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"sad"}, [&] {
        (void)export_registry(registry_, {{parse_version_reference("sad")}, {}}, shelf_ / "none.tar");
    }));
    EXPECT_FALSE(std::filesystem::exists(shelf_ / "none.tar"));
}

TEST_F(Archive, that_is_bad_is_refused) {
    const std::string sha256 = registry_.show(parse_version_reference("glad")).files[0].content.sha256;
    const auto refused = [](const std::filesystem::path& tar, const std::vector<std::string>& parts) {
        EXPECT_TRUE(throws_error(ErrorKind::format, parts, [&] { const UnpackedArchive archive(tar); }));
    };
    refused(edited("\"contrans_registry\": 1", "\"contrans_registry\": 9"), {"edited.tar", "contrans_registry"});
    refused(edited("\"name\": \"happy\"", "\"name\": \"h/ppy\""), {"edited.tar", "h/ppy"});
    refused(edited("\"name\": \"a.gguf\"", "\"name\": \"../guf\""), {"edited.tar", "../guf"});
    refused(edited("\"kind\": \"vector\"", "\"kind\": \"viktor\""), {"edited.tar", "viktor"});
    refused(edited("\"kind\": \"vector\"", "\"kind\": \"report\""), {"edited.tar", "another kind"});
    refused(edited("\"sha256\": \"" + sha256, "\"sha256\": \"" + std::string(64, 'e')), {"edited.tar"});
    refused(edited("direction.14", "direction.15"), {"edited.tar", "not what was exported"});
    const std::string bytes = testing::read_bytes(tar_);
    testing::write_bytes(shelf_ / "cut.tar", bytes.substr(0, bytes.size() / 2));
    refused(shelf_ / "cut.tar", {"cut.tar"});
    testing::write_bytes(shelf_ / "words.tar", "This is no such file.\n");
    refused(shelf_ / "words.tar", {"words.tar", "tar"});
    EXPECT_TRUE(throws_error(ErrorKind::io, {"nowhere.tar"}, [&] { const UnpackedArchive a(shelf_ / "nowhere.tar"); }));
}

TEST_F(Archive, that_disagrees_with_what_is_here_changes_nothing) {
    Registry there = other("anna");
    (void)there.add({"happy", {shelf_.vector("b", 9)}, "", ""});
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"happy@1", "other files"}, [&] { (void)import(there, tar_); }));
    EXPECT_EQ(there.list().size(), 1U) << "glad, which fits, is not taken either";
    Registry theirs(shelf_ / "theirs", {OpenMode::create, "bob"});
    (void)theirs.add({"glad", {shelf_.vector("b", 9)}, "", ""});
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"glad", "bob", "anna"}, [&] { (void)import(theirs, tar_); }));
}

TEST_F(Archive, that_finds_no_room_leaves_no_file) {
    const testing::FullDisk full(512);
    EXPECT_TRUE(
        throws_error(ErrorKind::io, {"new.tar"}, [&] { (void)export_registry(registry_, {}, shelf_ / "new.tar"); }));
    EXPECT_FALSE(std::filesystem::exists(shelf_ / "new.tar"));
}

}  // namespace
}  // namespace contrans
