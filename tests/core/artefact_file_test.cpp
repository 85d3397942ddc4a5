#include "contrans/core/artefact_file.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gguf.h"
#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/hostile_disk.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::TemporaryFolder;
using testing::throws_error;
using testing::write_bytes;

Matrix counted(std::size_t rows, std::size_t cols) {
    Matrix matrix(rows, cols);
    for (std::size_t i = 0; i < rows * cols; ++i) matrix.data()[i] = static_cast<float>(i) + 0.5F;
    return matrix;
}

struct GgufFree {
    void operator()(gguf_context* context) const { gguf_free(context); }
};

class ArtefactFile : public ::testing::Test {
protected:
    // Every kind of key and tensor.
    void write_all_kinds() {
        ArtefactWriter writer("test-kind");
        writer.set_string("s", "grüße");
        writer.set_u64("u", std::numeric_limits<std::uint64_t>::max());
        writer.set_u32("u32", 7);
        writer.set_f64("f", -0.1);
        writer.set_bool("b", true);
        writer.set_u64_array("us", std::vector<std::uint64_t>{1, 2, 1ULL << 63});
        writer.set_f64_array("fs", std::vector<double>{0.25, -3});
        writer.set_string_array("ss", std::vector<std::string>{"a", "", "ü"});
        writer.set_u64_array("none", {});
        writer.set_string_array("no strings", {});
        writer.add_tensor("v", vector_);
        writer.add_tensor("m", matrix_.view());
        writer.add_tensor("one row", row_.view());
        const std::size_t shape[] = {2, 2, 3};
        writer.add_tensor("cube", {matrix_.data(), 12}, shape);
        writer.write(file_);
    }

    // A file of gguf.h's own making, with types that the writer does not offer.
    void write_foreign() {
        const std::unique_ptr<gguf_context, GgufFree> gguf(gguf_init_empty());
        gguf_set_val_i32(gguf.get(), "negative", -3);
        gguf_set_val_i32(gguf.get(), "positive", 3);
        gguf_set_val_u8(gguf.get(), "byte", 255);
        gguf_set_val_f32(gguf.get(), "float", 0.5F);
        gguf_set_val_f64(gguf.get(), "nan", std::numeric_limits<double>::quiet_NaN());
        gguf_set_val_str(gguf.get(), "bad text", "\xFF");
        const float numbers[] = {1, 2};
        gguf_set_arr_data(gguf.get(), "floats", GGUF_TYPE_FLOAT32, numbers, 2);
        ggml_tensor half{};
        half.type = GGML_TYPE_F16;
        std::fill_n(half.ne, GGML_MAX_DIMS, 1);
        half.ne[0] = 4;
        std::fill_n(half.nb, GGML_MAX_DIMS, 8);
        half.nb[0] = 2;
        ggml_set_name(&half, "half");
        gguf_add_tensor(gguf.get(), &half);
        std::string bytes(gguf_get_meta_size(gguf.get()), '\0');
        gguf_get_meta_data(gguf.get(), bytes.data());
        write_bytes(file_, bytes + std::string(32, '\0'));
    }

    [[nodiscard]] ::testing::AssertionResult refuses(const std::vector<std::string>& parts, auto call) const {
        std::vector<std::string> all = parts;
        all.push_back(file_.string());
        return throws_error(ErrorKind::format, all, call);
    }

    [[nodiscard]] ::testing::AssertionResult refuses_file(const std::string& bytes,
                                                          const std::vector<std::string>& parts) {
        write_bytes(file_, bytes);
        return refuses(parts, [&] { ArtefactReader reader(file_); });
    }

    // A header that claims more than follows: magic, version 3, counts, then `rest`.
    static std::string header(std::uint64_t n_tensors, std::uint64_t n_keys, const std::string& rest) {
        std::string bytes("GGUF\x03\0\0\0", 8);
        return bytes + number(n_tensors) + number(n_keys) + rest;
    }
    template <class T = std::uint64_t>
    static std::string number(T value) {
        std::string bytes(sizeof(T), '\0');
        std::memcpy(bytes.data(), &value, sizeof(T));
        return bytes;
    }
    static std::string text(const std::string& value) { return number(std::uint64_t{value.size()}) + value; }

    TemporaryFolder folder_;
    std::filesystem::path file_ = folder_ / "a.gguf";
    std::vector<float> vector_ = {1, -2, 3.5F, 0, 1e-30F};
    Matrix matrix_ = counted(3, 4);
    Matrix row_ = counted(1, 3);
};

TEST_F(ArtefactFile, keeps_every_kind_of_key) {
    write_all_kinds();
    const ArtefactReader reader(file_);
    reader.require_artefact("test-kind");
    EXPECT_EQ(reader.get_string("s"), "grüße");
    EXPECT_EQ(reader.get_u64("u"), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(reader.get_u64("u32"), 7U);
    EXPECT_EQ(reader.get_f64("f"), -0.1);
    EXPECT_TRUE(reader.get_bool("b"));
    EXPECT_EQ(reader.get_u64_array("us"), (std::vector<std::uint64_t>{1, 2, 1ULL << 63}));
    EXPECT_EQ(reader.get_f64_array("fs"), (std::vector<double>{0.25, -3}));
    EXPECT_EQ(reader.get_string_array("ss"), (std::vector<std::string>{"a", "", "ü"}));
    EXPECT_TRUE(reader.get_u64_array("none").empty());
    EXPECT_TRUE(reader.get_string_array("no strings").empty());
    EXPECT_TRUE(reader.has("s"));
    EXPECT_FALSE(reader.has("t"));
}

TEST_F(ArtefactFile, keeps_tensors_and_shapes) {
    write_all_kinds();
    const ArtefactReader reader(file_);
    EXPECT_EQ(reader.tensor_names(), (std::vector<std::string>{"v", "m", "one row", "cube"}));
    EXPECT_EQ(reader.vector("v", 5), vector_);
    EXPECT_EQ(reader.matrix("m", {.rows = 3, .cols = 4}), matrix_);
    EXPECT_EQ(reader.matrix("m", {}), matrix_);
    EXPECT_EQ(reader.matrix("one row", {.rows = 1}), row_);
    EXPECT_EQ(reader.tensor_shape("cube"), (std::vector<std::size_t>{2, 2, 3}));
    EXPECT_TRUE(reader.has_tensor("cube"));
    EXPECT_FALSE(reader.has_tensor("sphere"));
}

TEST_F(ArtefactFile, gguf_itself_reads_what_was_written) {
    write_all_kinds();
    const std::unique_ptr<gguf_context, GgufFree> gguf(
        gguf_init_from_file(file_.c_str(), {.no_alloc = true, .ctx = nullptr}));
    ASSERT_TRUE(gguf);
    EXPECT_EQ(gguf_get_n_tensors(gguf.get()), 4);
    EXPECT_STREQ(gguf_get_val_str(gguf.get(), gguf_find_key(gguf.get(), "general.architecture")), "test-kind");
}

TEST_F(ArtefactFile, shows_keys_as_text) {
    write_all_kinds();
    const auto keys = ArtefactReader(file_).keys();
    const auto shown = [&](const std::string& key) {
        const auto found = std::ranges::find(keys, key, &ArtefactKey::key);
        return found == keys.end() ? "missing" : found->type + " " + found->value;
    };
    EXPECT_EQ(keys.front().key, "general.architecture");
    EXPECT_EQ(shown("s"), "str \"grüße\"");
    EXPECT_EQ(shown("u"), "u64 18446744073709551615");
    EXPECT_EQ(shown("f"), "f64 -0.1");
    EXPECT_EQ(shown("b"), "bool true");
    EXPECT_EQ(shown("fs"), "f64[2] [0.25, -3]");
    EXPECT_EQ(shown("ss"), "str[3] [\"a\", \"\", \"ü\"]");
    EXPECT_EQ(shown("none"), "u64[0] []");
}

TEST_F(ArtefactFile, wrong_keys_name_file_key_rule_and_value) {
    write_all_kinds();
    const ArtefactReader reader(file_);
    EXPECT_TRUE(refuses({"\"t\"", "missing"}, [&] { (void)reader.get_string("t"); }));
    EXPECT_TRUE(refuses({"\"u\"", "string", "18446744073709551615"}, [&] { (void)reader.get_string("u"); }));
    EXPECT_TRUE(refuses({"\"s\"", "integer", "grüße"}, [&] { (void)reader.get_u64("s"); }));
    EXPECT_TRUE(refuses({"\"f\"", "integer", "-0.1"}, [&] { (void)reader.get_u64("f"); }));
    EXPECT_TRUE(refuses({"\"us\"", "integer", "[1, 2, "}, [&] { (void)reader.get_u64("us"); }));
    EXPECT_TRUE(refuses({"\"u\"", "floating-point"}, [&] { (void)reader.get_f64("u"); }));
    EXPECT_TRUE(refuses({"\"u\"", "bool"}, [&] { (void)reader.get_bool("u"); }));
    EXPECT_TRUE(refuses({"\"u\"", "array"}, [&] { (void)reader.get_u64_array("u"); }));
    EXPECT_TRUE(refuses({"\"fs\"", "u64"}, [&] { (void)reader.get_u64_array("fs"); }));
    EXPECT_TRUE(refuses({"\"ss\"", "f64"}, [&] { (void)reader.get_f64_array("ss"); }));
    EXPECT_TRUE(refuses({"\"us\"", "strings"}, [&] { (void)reader.get_string_array("us"); }));
    EXPECT_TRUE(
        refuses({"general.architecture", "\"other\"", "\"test-kind\""}, [&] { reader.require_artefact("other"); }));
}

TEST_F(ArtefactFile, foreign_types_are_read_where_they_fit) {
    write_foreign();
    const ArtefactReader reader(file_);
    EXPECT_EQ(reader.get_u64("positive"), 3U);
    EXPECT_EQ(reader.get_u64("byte"), 255U);
    EXPECT_EQ(reader.get_f64("float"), 0.5);
    EXPECT_TRUE(refuses({"\"negative\"", "-3"}, [&] { (void)reader.get_u64("negative"); }));
    EXPECT_TRUE(refuses({"\"nan\"", "finite"}, [&] { (void)reader.get_f64("nan"); }));
    EXPECT_TRUE(refuses({"\"bad text\"", "UTF-8", "\\xff"}, [&] { (void)reader.get_string("bad text"); }));
    EXPECT_TRUE(refuses({"\"floats\"", "f64"}, [&] { (void)reader.get_f64_array("floats"); }));
    EXPECT_TRUE(refuses({"\"half\"", "f32", "f16"}, [&] { (void)reader.vector("half", {}); }));
    EXPECT_TRUE(refuses({"contrans-map", "missing"}, [&] { reader.require_artefact("contrans-map"); }) ||
                refuses({"general.architecture", "missing"}, [&] { reader.require_artefact("contrans-map"); }));
    EXPECT_EQ(reader.keys().size(), 7U);
}

TEST_F(ArtefactFile, wrong_tensors_name_file_tensor_rule_and_shape) {
    write_all_kinds();
    const ArtefactReader reader(file_);
    EXPECT_TRUE(refuses({"\"w\"", "missing"}, [&] { (void)reader.vector("w", {}); }));
    EXPECT_TRUE(refuses({"\"v\"", "[6]", "[5]"}, [&] { (void)reader.vector("v", 6); }));
    EXPECT_TRUE(refuses({"\"m\"", "[any]", "[3, 4]"}, [&] { (void)reader.vector("m", {}); }));
    EXPECT_TRUE(refuses({"\"m\"", "[any, 5]", "[3, 4]"}, [&] { (void)reader.matrix("m", {.cols = 5}); }));
    EXPECT_TRUE(refuses({"\"m\"", "[4, any]", "[3, 4]"}, [&] { (void)reader.matrix("m", {.rows = 4}); }));
    EXPECT_TRUE(refuses({"\"cube\"", "[2, 2, 3]"}, [&] { (void)reader.matrix("cube", {}); }));
}

TEST_F(ArtefactFile, a_value_that_is_not_finite_is_neither_written_nor_read) {
    write_all_kinds();
    std::string bytes = testing::read_bytes(file_);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    vector_[2] = nan;
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"b.gguf", "\"v\"", "element 2", "nan"}, [&] {
        ArtefactWriter writer("x");
        writer.add_tensor("v", vector_);
        writer.write(folder_ / "b.gguf");
    }));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "b.gguf"));
    const float planted = 3.5F;
    const std::size_t at = bytes.find(std::string(reinterpret_cast<const char*>(&planted), 4));
    ASSERT_NE(at, std::string::npos);
    std::memcpy(bytes.data() + at, &nan, 4);
    write_bytes(file_, bytes);
    EXPECT_TRUE(refuses({"\"v\"", "element 2", "finite"}, [&] { (void)ArtefactReader(file_).vector("v", {}); }));
}

TEST_F(ArtefactFile, what_the_format_cannot_hold_is_refused_before_gguf_aborts) {
    ArtefactWriter writer("x");
    const auto refused = [](const std::string& rule, auto call) {
        return throws_error(ErrorKind::argument, {rule}, call);
    };
    EXPECT_TRUE(refused("empty", [&] { writer.set_u64("", 1); }));
    EXPECT_TRUE(refused("general.alignment", [&] { writer.set_u64("general.alignment", 1); }));
    EXPECT_TRUE(refused("NUL", [&] { writer.set_string("k", std::string("a\0b", 3)); }));
    EXPECT_TRUE(refused("UTF-8", [&] { writer.set_string("k", "\xFF"); }));
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"\"k\"", "inf"},
                             [&] { writer.set_f64("k", std::numeric_limits<double>::infinity()); }));
    writer.add_tensor("t", vector_);
    EXPECT_TRUE(refused("twice", [&] { writer.add_tensor("t", vector_); }));
    EXPECT_TRUE(refused("1 to 63 bytes", [&] { writer.add_tensor(std::string(64, 'n'), vector_); }));
    EXPECT_TRUE(refused("must not be empty", [&] { writer.add_tensor("e", MatrixView{}); }));
    const std::size_t wrong[] = {2, 2};
    EXPECT_TRUE(refused("asks for 4 values (got 5)", [&] { writer.add_tensor("w", vector_, wrong); }));
}

TEST_F(ArtefactFile, a_full_disk_leaves_no_file) {
    const Matrix big = counted(200, 200);
    ArtefactWriter writer("x");
    writer.add_tensor("big", big.view());
    {
        const testing::FullDisk limit(65536);
        EXPECT_TRUE(throws_error(ErrorKind::io, {file_.string(), "File too large"}, [&] { writer.write(file_); }));
    }
    EXPECT_TRUE(folder_.empty());
    EXPECT_TRUE(
        throws_error(ErrorKind::io, {"no/a.gguf", "No such file"}, [&] { writer.write(folder_ / "no/a.gguf"); }));
    writer.write(file_);
    EXPECT_EQ(ArtefactReader(file_).matrix("big", {}), big);
}

TEST_F(ArtefactFile, files_that_cannot_be_read_at_all) {
    EXPECT_TRUE(throws_error(ErrorKind::io, {file_.string(), "No such file"}, [&] { ArtefactReader reader(file_); }));
    EXPECT_TRUE(throws_error(ErrorKind::io, {"not a regular file"}, [&] { ArtefactReader reader(folder_.path()); }));
    EXPECT_TRUE(throws_error(ErrorKind::io, {"not a regular file"}, [] { ArtefactReader reader("/dev/zero"); }));
    write_bytes(file_, "x");
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::none);
    {
        const testing::Unprivileged anybody;
        EXPECT_TRUE(
            throws_error(ErrorKind::io, {file_.string(), "Permission denied"}, [&] { ArtefactReader reader(file_); }));
    }
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all);
}

TEST_F(ArtefactFile, foreign_and_lying_headers_are_refused) {
    EXPECT_TRUE(refuses_file("", {"24 bytes", "got 0"}));
    EXPECT_TRUE(refuses_file("PK\x03\x04 a zip file of some length", {"starts with \"GGUF\"", "PK\\x03\\x04"}));
    EXPECT_TRUE(refuses_file(header(1ULL << 40, 0, ""), {"tensors", "1099511627776"}));
    EXPECT_TRUE(refuses_file(header(0, ~0ULL, ""), {"keys"}));
    EXPECT_TRUE(refuses_file(header(0, 1, number(1ULL << 62)), {"whole GGUF file", "string length"}));
    const std::string array = text("k") + number(std::int32_t{9}) + number(std::int32_t{10}) + number(1ULL << 29);
    EXPECT_TRUE(refuses_file(header(0, 1, array), {"whole GGUF file"}));
    const std::string names = text("k\xFF") + number(std::int32_t{7}) + '\1';
    EXPECT_TRUE(refuses_file(header(0, 1, names), {"UTF-8", "k\\xff"}));
}

// Dimensions whose product wraps around to something small, and tensors past the end of the file.
TEST_F(ArtefactFile, lying_tensor_extents_are_refused) {
    const auto tensor = [](std::uint64_t rows, std::uint64_t cols) {
        return text("t") + number(std::uint32_t{2}) + number(cols) + number(rows) + number(std::int32_t{0}) +
               number(std::uint64_t{0}) + std::string(64, '\0');
    };
    EXPECT_TRUE(refuses_file(header(1, 0, tensor(1ULL << 32, 1ULL << 32)), {"\"t\"", "within the file"}));
    EXPECT_TRUE(refuses_file(header(1, 0, tensor(1ULL << 31, 1ULL << 31)), {"'t'", "size in bytes"}));
    EXPECT_TRUE(refuses_file(header(1, 0, tensor(10, 10)), {"\"t\"", "within the file"}));
    EXPECT_TRUE(refuses_file(header(1, 0, tensor(0, 1ULL << 20)), {"\"t\"", "within the file"}));
    EXPECT_TRUE(refuses_file(header(1, 0, tensor(0, 2)), {"\"t\"", "must not be 0"}));
    write_bytes(file_, header(1, 0, tensor(2, 2)));
    EXPECT_EQ(ArtefactReader(file_).matrix("t", {}), Matrix(2, 2));
}

TEST_F(ArtefactFile, threads_read_at_once) {
    write_all_kinds();
    const ArtefactReader reader(file_);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 200; ++n) EXPECT_EQ(reader.matrix("m", {}), matrix_);
        });
    }
}

void read_everything(const std::filesystem::path& file) {
    const ArtefactReader reader(file);
    for (const ArtefactKey& key : reader.keys()) {
        const std::size_t shown = key.value.size();
        if (shown > 10'000) ADD_FAILURE() << key.key;
    }
    for (const std::string& name : reader.tensor_names()) {
        if (reader.tensor_shape(name).size() <= 2) (void)reader.matrix(name, {});
    }
    reader.require_artefact("test-kind");
    (void)reader.get_u64_array("us");
    (void)reader.get_f64_array("fs");
    (void)reader.get_string_array("ss");
}

TEST_F(ArtefactFile, damaged_files_are_read_or_refused_and_nothing_is_printed) {
    write_all_kinds();
    ::testing::internal::CaptureStderr();
    testing::DamagedFiles damaged(file_, read_everything);
    damaged.run(4000);
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    EXPECT_GT(damaged.refused(), 1000U);
}

}  // namespace
}  // namespace contrans
