// data/make_tasks.py, run in a copy of data/ without its outputs, writes the committed files byte for byte.
#include <cstdlib>

#include "gtest/gtest.h"
#include "tests/data/data_files.h"

namespace contrans::testing {
namespace {

namespace fs = std::filesystem;

class MakeTasks : public ::testing::Test {
protected:
    MakeTasks() {
        fs::remove_all(copy_);
        for (const std::string folder : {"concepts", "scenarios"}) {
            fs::create_directories(copy_ / folder);
            fs::copy(data_dir() / folder, copy_ / folder, fs::copy_options::recursive);
        }
        fs::copy(data_dir() / "make_tasks.py", copy_ / "make_tasks.py");
        for (const auto& file : outputs()) fs::remove(copy_ / file);
    }
    ~MakeTasks() override { fs::remove_all(copy_); }

    /// Relative to data/.
    static std::vector<fs::path> outputs() {
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(data_dir() / "concepts")) {
            const fs::path folder = fs::path("concepts") / entry.path().filename();
            for (const std::string name : {"README.md", "dev.jsonl", "test.jsonl"}) files.push_back(folder / name);
            if (entry.path().filename() != "polite") files.push_back(folder / "pairs.jsonl");
        }
        return files;
    }

    fs::path copy_ = fs::path(::testing::TempDir()) / "contrans_make_tasks";
};

TEST_F(MakeTasks, ReproducesTheCommittedFiles) {
    const std::string command = "python3 '" + (copy_ / "make_tasks.py").string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    for (const auto& file : outputs()) {
        ASSERT_TRUE(fs::exists(copy_ / file)) << file;
        EXPECT_TRUE(read_bytes(copy_ / file) == read_bytes(data_dir() / file)) << file << " differs";
    }
}

}  // namespace
}  // namespace contrans::testing
