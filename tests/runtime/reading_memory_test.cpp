#include "contrans/runtime/reading_memory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

/// With a cache folder of its own.
class ReadingMemory : public ::testing::Test {
protected:
    ReadingMemory() { setenv("CONTRANS_CACHE", (folder_ / "cache").c_str(), 1); }
    ~ReadingMemory() override {
        if (before_.empty()) {
            unsetenv("CONTRANS_CACHE");
        } else {
            setenv("CONTRANS_CACHE", before_.c_str(), 1);
        }
    }
    void write(const std::string& text) {
        std::filesystem::create_directories(folder_ / "cache");
        std::ofstream(folder_ / "cache" / "reading.json") << text;
    }

    std::string before_ = std::getenv("CONTRANS_CACHE") == nullptr ? "" : std::getenv("CONTRANS_CACHE");
    testing::TemporaryFolder folder_;
};

TEST_F(ReadingMemory, keeps_one_choice_a_key) {
    EXPECT_EQ(recall_reading("a"), std::nullopt);
    remember_reading("a", {256, 2});
    remember_reading("b", {1024, 1});
    remember_reading("a", {128, 4});
    EXPECT_EQ(recall_reading("a"), (ReadingOptions{128, 4}));
    EXPECT_EQ(recall_reading("b"), (ReadingOptions{1024, 1}));
    EXPECT_EQ(recall_reading("c"), std::nullopt);
}

TEST_F(ReadingMemory, what_makes_no_sense_is_forgotten) {
    for (const char* text :
         {"", "{", "[1]", R"({"a": 7})", R"({"a": {"batch_tokens": 0, "engine_threads": 1}})",
          R"({"a": {"batch_tokens": -5, "engine_threads": 1}})", R"({"a": {"batch_tokens": "x"}})"}) {
        write(text);
        EXPECT_EQ(recall_reading("a"), std::nullopt) << text;
    }
    remember_reading("a", {256, 2});
    EXPECT_EQ(recall_reading("a"), (ReadingOptions{256, 2}));
}

TEST_F(ReadingMemory, a_cache_that_takes_no_file_is_no_error) {
    std::ofstream(folder_ / "cache") << "a file where the folder should be";
    remember_reading("a", {256, 2});
    EXPECT_EQ(recall_reading("a"), std::nullopt);
}

}  // namespace
}  // namespace contrans
