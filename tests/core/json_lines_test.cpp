#include "contrans/core/json_lines.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::TemporaryFolder;
using testing::throws_error;

void ignore(const json&, const LinePlace&) {}

class JsonLines : public ::testing::Test {
protected:
    std::filesystem::path with(const std::string& bytes) {
        testing::write_bytes(folder_ / "f.jsonl", bytes);
        return folder_ / "f.jsonl";
    }
    ::testing::AssertionResult refuses(const std::string& line, const std::vector<std::string>& parts) {
        std::vector<std::string> all = parts;
        all.emplace_back("f.jsonl:2: ");
        return throws_error(ErrorKind::format, all, [&] { read_json_lines(with("{}\n" + line + "\n{}\n"), ignore); });
    }
    TemporaryFolder folder_;
};

TEST_F(JsonLines, visits_objects_with_their_lines) {
    std::vector<std::string> seen;
    read_json_lines(with("{\"a\": 1}\n\n  \n{\"b\": {\"a\": [{}, {\"a\": 2}]}}"),
                    [&](const json& object, const LinePlace& place) {
                        seen.push_back(std::to_string(place.line) + " " + object.dump());
                    });
    EXPECT_EQ(seen, (std::vector<std::string>{R"(1 {"a":1})", R"(4 {"b":{"a":[{},{"a":2}]}})"}));
}

TEST_F(JsonLines, refuses_what_is_no_object_or_no_json) {
    EXPECT_TRUE(refuses("[1]", {"JSON object", "got \"[1]\""}));
    EXPECT_TRUE(refuses("{\"a\": }", {"must be JSON", "parse error"}));
    EXPECT_TRUE(refuses("{\"a\": 1} x", {"must be JSON"}));
    EXPECT_TRUE(refuses("{\"a\": 1e999}", {"must be JSON"}));
    EXPECT_TRUE(refuses("{\"a\": \"\\ud800\"}", {"must be JSON"}));
    EXPECT_TRUE(refuses("{\"a\": 1, \"a\": 2}", {"twice", "\"a\""}));
    EXPECT_TRUE(refuses("{\"b\": [{\"a\": 1}, {\"a\": 1, \"a\": 2}]}", {"twice", "\"a\""}));
}

TEST_F(JsonLines, deep_nesting_is_refused_before_anything_recurses) {
    const std::size_t depth = 200'000;
    EXPECT_TRUE(refuses("{\"a\": " + std::string(depth, '[') + std::string(depth, ']') + "}", {"deeper than 32"}));
    EXPECT_TRUE(refuses(std::string(depth, '['), {"deeper than 32"}));
    std::string objects;
    for (std::size_t i = 0; i < 100'000; ++i) objects += "{\"a\":";
    EXPECT_TRUE(refuses(objects, {"deeper than 32"}));
}

TEST_F(JsonLines, errors_of_the_visitor_pass_through) {
    EXPECT_TRUE(throws_error(ErrorKind::format, {"f.jsonl:1: no (got this)"}, [&] {
        read_json_lines(with("{}"), [](const json&, const LinePlace& place) { reject_line(place, "no", "this"); });
    }));
}

TEST_F(JsonLines, damaged_files_are_read_or_refused) {
    std::string bytes;
    for (int i = 0; i < 20; ++i)
        bytes += R"({"text": "plain é \u00e9 \\ \"", "n": [1, -2.5e3, true, null, {"x": []}]})"
                 "\n";
    testing::DamagedFiles(with(bytes), [](const auto& file) { read_json_lines(file, ignore); }).run(3000);
}

}  // namespace
}  // namespace contrans
