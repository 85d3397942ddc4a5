#include "contrans/core/npy_file.h"

#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::TemporaryFolder;
using testing::throws_error;
using testing::write_bytes;

// What numpy.save writes for a (2, 3) array of float32, up to the elements.
std::string numpys_header() {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    header.resize(117, ' ');
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n";
}

std::string elements() {
    const float values[] = {1, 2, 3, 4, 5, 6};
    return {reinterpret_cast<const char*>(values), sizeof values};
}

std::vector<float> read_all(const NpyReader& reader) {
    std::vector<float> values(reader.rows() * reader.cols());
    reader.read_rows(0, std::as_writable_bytes(std::span(values)));
    return values;
}

class NpyFile : public ::testing::Test {
protected:
    TemporaryFolder folder_;
    std::filesystem::path file_ = folder_ / "a.npy";
};

TEST_F(NpyFile, HeaderIsNumpysOwn) { EXPECT_EQ(npy_header("<f4", 2, 3), numpys_header()); }

TEST_F(NpyFile, RowsComeBack) {
    write_bytes(file_, npy_header("<f4", 2, 3) + elements());
    const NpyReader reader(file_, "<f4");
    EXPECT_EQ(reader.rows(), 2U);
    EXPECT_EQ(reader.cols(), 3U);
    EXPECT_EQ(read_all(reader), (std::vector<float>{1, 2, 3, 4, 5, 6}));
    std::vector<float> second(3);
    reader.read_rows(1, std::as_writable_bytes(std::span(second)));
    EXPECT_EQ(second, (std::vector<float>{4, 5, 6}));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"a.npy", "2 rows"},
                             [&] { reader.read_rows(2, std::as_writable_bytes(std::span(second))); }));
}

TEST_F(NpyFile, AnArrayWithoutRowsIsOne) {
    write_bytes(file_, npy_header("<i4", 0, 4));
    EXPECT_EQ(NpyReader(file_, "<i4").rows(), 0U);
}

// Formats 2.0 and 3.0 count the header's bytes in four.
TEST_F(NpyFile, LaterFormatsAreRead) {
    const std::string dictionary = "{'shape': ( 2 , 3 ), 'fortran_order': False, 'descr': '<f4'}\n";
    std::string header("\x93NUMPY\x02\x00", 8);
    header += {static_cast<char>(dictionary.size()), '\0', '\0', '\0'};
    write_bytes(file_, header + dictionary + elements());
    EXPECT_EQ(read_all(NpyReader(file_, "<f4")).back(), 6);
}

TEST_F(NpyFile, WhatDoesNotFitIsRefused) {
    const auto refused = [&](const std::string& bytes, const std::string& part) {
        write_bytes(file_, bytes);
        return throws_error(ErrorKind::format, {"a.npy", part}, [&] { NpyReader(file_, "<f4"); });
    };
    EXPECT_TRUE(refused("", "must be a NumPy array file"));
    EXPECT_TRUE(refused("text that is no array", "must be a NumPy array file"));
    EXPECT_TRUE(refused(npy_header("<f8", 2, 3) + elements(), "'<f4'"));
    EXPECT_TRUE(refused(npy_header("<f4", 2, 3) + elements().substr(1), "truncated"));
    EXPECT_TRUE(refused(npy_header("<f4", 2, 3) + elements() + "x", "truncated"));
    EXPECT_TRUE(refused(npy_header("<f4", 2, 3).substr(0, 60), "truncated"));
    std::string other = npy_header("<f4", 2, 3) + elements();
    other.replace(other.find("False"), 5, "True ");
    EXPECT_TRUE(refused(other, "fortran_order"));
    other = npy_header("<f4", 2, 3) + elements();
    other.replace(other.find("(2, 3)"), 6, "(6,)  ");
    EXPECT_TRUE(refused(other, "two dimensions"));
    EXPECT_TRUE(throws_error(ErrorKind::io, {"none.npy"}, [&] { NpyReader(folder_ / "none.npy", "<f4"); }));
}

TEST_F(NpyFile, DamagedFilesAreRefusedOrRead) {
    write_bytes(file_, npy_header("<f4", 2, 3) + elements());
    testing::DamagedFiles(file_, [](const std::filesystem::path& file) {
        (void)read_all(NpyReader(file, "<f4"));
    }).run(3000);
}

}  // namespace
}  // namespace contrans
