#include "contrans/registry/registry_location.h"

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

class RegistryLocation : public ::testing::Test {
protected:
    std::string name_of(const std::string& uri) {
        testing::write_bytes(folder_ / kDatabaseUriFile, uri);
        return registry_backend(folder_.path(), OpenMode::existing)->name();
    }
    testing::TemporaryFolder folder_;
};

TEST_F(RegistryLocation, is_sqlites_file_unless_a_uri_is_there) {
    EXPECT_EQ(registry_backend(folder_.path(), OpenMode::create)->name(), (folder_ / "registry.db").string());
    EXPECT_TRUE(throws_error(ErrorKind::io, {"there is no registry"},
                             [&] { (void)registry_backend(folder_.path(), OpenMode::existing); }));
    EXPECT_EQ(name_of("postgresql://anna@db.example/concepts\n"), "postgresql://anna@db.example/concepts");
}

TEST_F(RegistryLocation, shows_no_password) {
    EXPECT_EQ(name_of("postgres://anna:secret@db.example:5432/concepts"), "postgres://anna@db.example:5432/concepts");
    EXPECT_EQ(name_of("postgresql://db.example:5432/concepts"), "postgresql://db.example:5432/concepts");
}

TEST_F(RegistryLocation, refuses_what_is_no_uri) {
    for (const char* text : {"", "\n", "sqlite://registry.db", "postgresql://a b", "host=/tmp dbname=x"}) {
        EXPECT_TRUE(throws_error(ErrorKind::format, {kDatabaseUriFile, "postgresql://"}, [&] { (void)name_of(text); }))
            << text;
    }
}

TEST_F(RegistryLocation, says_in_one_line_that_no_server_answers) {
    const std::string uri = "postgresql://anna:secret@/concepts?host=" + (folder_ / "nowhere").string();
    testing::write_bytes(folder_ / kDatabaseUriFile, uri);
    try {
        Database database(registry_backend(folder_.path(), OpenMode::existing));
        FAIL() << "it was opened";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::io);
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace contrans
