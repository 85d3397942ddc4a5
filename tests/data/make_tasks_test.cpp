// data/make_tasks.py, run in a copy of data/ without its outputs, writes the committed files byte for byte.
#include <algorithm>
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
        for (const std::string folder : {"concepts", "scenarios", "tasks"}) {
            fs::create_directories(copy_ / folder);
            fs::copy(data_dir() / folder, copy_ / folder, fs::copy_options::recursive);
        }
        fs::copy(data_dir() / "make_tasks.py", copy_ / "make_tasks.py");
        for (const auto& file : outputs()) fs::remove(copy_ / file);
    }
    ~MakeTasks() override { fs::remove_all(copy_); }

    /// Relative to data/: what no hand wrote.
    static std::vector<fs::path> outputs() {
        std::vector<fs::path> files;
        for (const auto& entry : fs::recursive_directory_iterator(data_dir() / "concepts")) {
            const fs::path file = fs::relative(entry.path(), data_dir());
            if (entry.is_regular_file() && !written_by_hand(file)) files.push_back(file);
        }
        return files;
    }

    static bool written_by_hand(const fs::path& file) {
        static const std::set<std::string> polite = {"pairs.jsonl", "prompts.txt", "replies.jsonl"};
        const std::string name = file.parent_path().filename().string();
        const bool has_made_page =
            name == "polite" || std::find(kEmotions.begin(), kEmotions.end(), name) != kEmotions.end();
        if (file.filename() == "VARIANTS.md") return true;
        if (file.filename() == "README.md") return !has_made_page;
        return name == "polite" && polite.contains(file.filename().string());
    }

    fs::path copy_ = fs::path(::testing::TempDir()) / "contrans_make_tasks";
};

TEST_F(MakeTasks, ReproducesTheCommittedFiles) {
    const std::string command = "python3 '" + (copy_ / "make_tasks.py").string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    ASSERT_GE(outputs().size(), 71U);
    for (const auto& file : outputs()) {
        ASSERT_TRUE(fs::exists(copy_ / file)) << file;
        EXPECT_TRUE(read_bytes(copy_ / file) == read_bytes(data_dir() / file)) << file << " differs";
    }
}

}  // namespace
}  // namespace contrans::testing
