#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "gtest/gtest.h"
#include "tests/core/temporary_folder.h"

namespace contrans::testing {

/// Feeds damaged variants of a valid file to a reader: cut after every 97th byte, and `n_variants` with random bytes
/// or 8-byte numbers overwritten. Reading one must return or throw Error of kind format, io or numeric.
class DamagedFiles {
public:
    using Read = std::function<void(const std::filesystem::path&)>;

    DamagedFiles(const std::filesystem::path& valid, Read read)
        : bytes_(read_bytes(valid)), file_(folder_ / valid.filename().string()), read_(std::move(read)) {}

    void run(std::size_t n_variants) {
        for (std::size_t length = 0; length < bytes_.size(); length += 97) try_one(bytes_.substr(0, length));
        for (std::size_t i = 0; i < n_variants; ++i) try_one(damaged());
        EXPECT_GT(refused_, 0U) << "no damage was noticed at all";
    }

    [[nodiscard]] std::size_t refused() const { return refused_; }

private:
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

    std::string damaged() {
        std::string bytes = bytes_;
        // Half of the damage goes into the first kilobyte, where a GGUF keeps what steers its reader.
        const std::size_t reach = below(2) == 0 ? std::min<std::size_t>(bytes.size(), 1024) : bytes.size();
        if (below(2) == 0) {
            for (std::size_t n = 1 + below(3); n > 0; --n) bytes[below(reach)] = static_cast<char>(below(256));
            return bytes;
        }
        static constexpr std::uint64_t numbers[] = {0,          1,          0x7FFFFFFF, 0xFFFFFFFF,
                                                    1ULL << 32, 1ULL << 40, ~0ULL,      ~0ULL >> 1};
        const std::uint64_t number = numbers[below(std::size(numbers))];
        const std::size_t at = below(reach);
        for (std::size_t i = 0; i < 8 && at + i < bytes.size(); ++i)
            bytes[at + i] = static_cast<char>(number >> (8 * i));
        return bytes;
    }

    void try_one(const std::string& bytes) {
        std::filesystem::remove(file_);  // rewriting in place would wait for the disk each time
        write_bytes(file_, bytes);
        try {
            read_(file_);
        } catch (const Error& error) {
            ++refused_;
            const bool expected = error.kind() == ErrorKind::format || error.kind() == ErrorKind::io ||
                                  error.kind() == ErrorKind::numeric;
            EXPECT_TRUE(expected) << "kind " << static_cast<int>(error.kind()) << ": " << error.what();
            EXPECT_NE(std::string(error.what()).find(file_.string()), std::string::npos) << error.what();
        } catch (const std::exception& error) {
            ADD_FAILURE() << "not our Error: " << error.what();
        }
    }

    TemporaryFolder folder_;
    std::string bytes_;
    std::filesystem::path file_;
    Read read_;
    std::mt19937_64 random_{20240713};
    std::size_t refused_ = 0;
};

}  // namespace contrans::testing
