#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "contrans/harvest/activation_reader.h"
#include "contrans/harvest/activation_writer.h"
#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::read_bytes;
using testing::TemporaryFolder;
using testing::throws_error;
using testing::write_bytes;

const std::vector<std::string> kTexts = {"one", "two \"quoted\"", "thrée\nlines"};

ActivationIndex small_index() {
    ActivationIndex index;
    index.model = {.fingerprint = "abc", .name = "M", .architecture = "llama", .d_model = 4, .n_layers = 9};
    index.layers = {LayerIndex{2}, LayerIndex{5}};
    index.position = StoredPosition::all;
    index.made_by = "a test";
    index.texts_sha256 = "def";
    index.shards = {{2, 3}, {1, 2}};
    return index;
}

const std::vector<StoredToken> kFirst = {{0, 0, 0, 1}, {0, 1, 1, 3}, {1, 0, 0, 12}};
const std::vector<StoredToken> kSecond = {{2, 0, 0, 5}, {2, 1, 5, 11}};

Matrix states_of(std::size_t rows, float from) {
    Matrix states(rows, 4);
    for (std::size_t i = 0; i < rows * 4; ++i) states.data()[i] = from + static_cast<float>(i);
    return states;
}

MatrixView view(const Matrix& m) { return {m.data(), m.rows(), m.cols()}; }

void write_shard(const ActivationWriter& writer, std::size_t shard, const std::vector<StoredToken>& tokens) {
    ShardWriter files = writer.begin(shard);
    const float base = 100.0F * static_cast<float>(shard);
    // Rows come in any order.
    files.write(1, 0, view(states_of(tokens.size(), base + 50)));
    files.write(0, 1, view(states_of(tokens.size() - 1, base + 4)));
    files.write(0, 0, view(states_of(1, base)));
    files.commit(tokens);
}

class ActivationStore : public ::testing::Test {
protected:
    void write_all(const ActivationIndex& index = small_index()) {
        ActivationWriter writer(store_, index, kTexts);
        write_shard(writer, 0, kFirst);
        write_shard(writer, 1, kSecond);
        writer.finish();
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(store_)) names.push_back(entry.path().filename());
        std::sort(names.begin(), names.end());
        return names;
    }
    void damage(const std::string& file, const std::string& from, const std::string& to) {
        std::string bytes = read_bytes(store_ / file);
        ASSERT_NE(bytes.find(from), std::string::npos);
        write_bytes(store_ / file, bytes.replace(bytes.find(from), from.size(), to));
    }

    TemporaryFolder folder_;
    std::filesystem::path store_ = folder_ / "store";
};

TEST_F(ActivationStore, WhatWasWrittenIsRead) {
    write_all();
    const ActivationReader reader(store_);
    EXPECT_EQ(reader.texts(), kTexts);
    EXPECT_EQ(reader.index().layers, small_index().layers);
    EXPECT_EQ(reader.index().shards, small_index().shards);
    EXPECT_TRUE(reader.index().complete);
    EXPECT_EQ(reader.first_row(2), 3U);
    const auto tokens = reader.tokens(2);
    EXPECT_EQ(std::vector<StoredToken>(tokens.begin(), tokens.end()), kSecond);
    const std::vector<std::size_t> rows = {4, 0, 2};
    const Matrix layer2 = reader.read(LayerIndex{2}, rows);
    EXPECT_EQ(layer2(0, 0), 104);
    EXPECT_EQ(layer2(1, 3), 3);
    EXPECT_EQ(layer2(2, 1), 9);
    EXPECT_EQ(reader.read(LayerIndex{5}, rows)(0, 2), 156);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer 3"}, [&] { (void)reader.read(LayerIndex{3}, rows); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"5 rows", "row 5"}, [&] {
        const std::size_t past[] = {5};
        (void)reader.read(LayerIndex{2}, past);
    }));
}

TEST_F(ActivationStore, SmallerTypesRoundAndComeBack) {
    for (const ElementType type : {ElementType::bf16, ElementType::f16}) {
        std::filesystem::remove_all(store_);
        ActivationIndex index = small_index();
        index.dtype = type;
        write_all(index);
        const std::size_t rows[] = {4};
        EXPECT_EQ(ActivationReader(store_).read(LayerIndex{2}, rows)(0, 1), 105);
    }
}

TEST_F(ActivationStore, ARunGoesOnWithTheStoredPlan) {
    {
        ActivationWriter first(store_, small_index(), kTexts);
        write_shard(first, 1, kSecond);
    }
    ActivationIndex other_plan = small_index();
    other_plan.shards = {{3, 5}};
    ActivationWriter second(store_, other_plan, kTexts);
    EXPECT_EQ(second.index().shards, small_index().shards);
    EXPECT_FALSE(second.has(0));
    EXPECT_TRUE(second.has(1));
}

TEST_F(ActivationStore, AShardCutShortIsWrittenAgain) {
    write_all();
    write_bytes(states_file(store_, 1, LayerIndex{5}),
                read_bytes(states_file(store_, 1, LayerIndex{5})).substr(0, 140));
    const ActivationWriter again(store_, small_index(), kTexts);
    EXPECT_TRUE(again.has(0));
    EXPECT_FALSE(again.has(1));
}

TEST_F(ActivationStore, AnUncommittedShardLeavesNoFile) {
    ActivationWriter writer(store_, small_index(), kTexts);
    {
        ShardWriter files = writer.begin(0);
        files.write(0, 0, view(states_of(3, 0)));
        EXPECT_TRUE(throws_error(ErrorKind::argument, {"3 rows", "2"}, [&] { files.commit(kSecond); }));
    }
    EXPECT_EQ(names(), (std::vector<std::string>{".lock", "index.json", "texts.jsonl"}));
}

TEST_F(ActivationStore, WhatAKilledRunLeftIsRemoved) {
    { const ActivationWriter writer(store_, small_index(), kTexts); }
    write_bytes(store_ / "shard-00000.layer-2.npy.partial-77-0", "half");
    const ActivationWriter writer(store_, small_index(), kTexts);
    EXPECT_EQ(names(), (std::vector<std::string>{".lock", "index.json", "texts.jsonl"}));
}

TEST_F(ActivationStore, AnotherRunsStoreIsRefused) {
    write_all();
    const auto refused = [&](const ActivationIndex& index, const std::string& part) {
        return throws_error(ErrorKind::argument, {store_.string(), part},
                            [&] { ActivationWriter(store_, index, kTexts); });
    };
    ActivationIndex index = small_index();
    index.model.fingerprint = "xyz";
    EXPECT_TRUE(refused(index, "model M (llama, abc)"));
    index = small_index();
    index.layers.pop_back();
    EXPECT_TRUE(refused(index, "layers [2,5]"));
    index = small_index();
    index.position = StoredPosition::last;
    EXPECT_TRUE(refused(index, "position all"));
    index = small_index();
    index.dtype = ElementType::f16;
    EXPECT_TRUE(refused(index, "dtype f32"));
    index = small_index();
    index.texts_sha256 = "other";
    EXPECT_TRUE(refused(index, "other texts"));
    index = small_index();
    index.made_by = "another version";
    EXPECT_TRUE(refused(index, "made by a test"));
    index = small_index();
    index.aligned_with = index.model;
    EXPECT_TRUE(refused(index, "align"));
}

TEST_F(ActivationStore, AFolderOfOtherThingsIsRefused) {
    std::filesystem::create_directory(store_);
    write_bytes(store_ / "thesis.txt", "years of work");
    EXPECT_TRUE(
        throws_error(ErrorKind::argument, {"thesis.txt"}, [&] { ActivationWriter(store_, small_index(), kTexts); }));
    EXPECT_EQ(read_bytes(store_ / "thesis.txt"), "years of work");
    write_bytes(folder_ / "file", "");
    EXPECT_TRUE(
        throws_error(ErrorKind::io, {"file"}, [&] { ActivationWriter(folder_ / "file", small_index(), kTexts); }));
}

TEST_F(ActivationStore, TwoRunsAtATimeAreRefused) {
    const ActivationWriter writer(store_, small_index(), kTexts);
    EXPECT_TRUE(throws_error(ErrorKind::io, {"another run"}, [&] { ActivationWriter(store_, small_index(), kTexts); }));
}

TEST_F(ActivationStore, WhatIsNotCompleteOrTornIsNotRead) {
    EXPECT_TRUE(throws_error(ErrorKind::io, {"index.json"}, [&] { ActivationReader{store_}; }));
    { ActivationWriter writer(store_, small_index(), kTexts); }
    EXPECT_TRUE(throws_error(ErrorKind::format, {"not complete"}, [&] { ActivationReader{store_}; }));
    write_all();
    const std::string good = read_bytes(states_file(store_, 0, LayerIndex{2}));
    write_bytes(states_file(store_, 0, LayerIndex{2}), good.substr(0, good.size() - 1));
    EXPECT_TRUE(
        throws_error(ErrorKind::format, {"shard-00000.layer-2.npy", "truncated"}, [&] { ActivationReader{store_}; }));
    std::filesystem::remove(states_file(store_, 0, LayerIndex{2}));
    EXPECT_TRUE(throws_error(ErrorKind::io, {"shard-00000.layer-2.npy"}, [&] { ActivationReader{store_}; }));
}

TEST_F(ActivationStore, MalformedPartsAreNamed) {
    const auto refused = [&](const std::string& file, const std::string& from, const std::string& to,
                             const std::vector<std::string>& parts) {
        std::filesystem::remove_all(store_);
        write_all();
        damage(file, from, to);
        return throws_error(ErrorKind::format, parts, [&] { ActivationReader{store_}; });
    };
    EXPECT_TRUE(refused("index.json", "\"version\": 1", "\"version\": 2", {"index.json", "version"}));
    EXPECT_TRUE(refused("index.json", "contrans-activations", "something-else-entire", {"format"}));
    EXPECT_TRUE(refused("index.json", "\"all\"", "\"odd\"", {"position", "odd"}));
    EXPECT_TRUE(refused("index.json", "\"f32\"", "\"f64\"", {"dtype", "f64"}));
    EXPECT_TRUE(refused("index.json", "\"rows\": 3", "\"rows\": 4", {"shard-00000.tokens.npy", "(4, 4)"}));
    EXPECT_TRUE(refused("index.json", "\"texts\": 2", "\"texts\": 3", {"texts.jsonl", "4 texts"}));
    EXPECT_TRUE(refused("index.json", "{", "[", {"index.json", "must be the index"}));
    EXPECT_TRUE(refused("texts.jsonl", "{\"text\":\"one\"}", "{\"word\":\"one\"}", {"texts.jsonl:1", "\"text\""}));
}

TEST_F(ActivationStore, TokensThatBelongToNoTextAreNamed) {
    ActivationWriter writer(store_, small_index(), kTexts);
    write_shard(writer, 0, kFirst);
    write_shard(writer, 1, {{2, 0, 0, 5}, {3, 1, 5, 11}});
    writer.finish();
    EXPECT_TRUE(throws_error(ErrorKind::format, {"shard-00001.tokens.npy", "row 1", "text 3"},
                             [&] { ActivationReader{store_}; }));
}

TEST_F(ActivationStore, AStateThatIsNotFiniteIsNamed) {
    ActivationWriter writer(store_, small_index(), kTexts);
    write_shard(writer, 0, kFirst);
    ShardWriter files = writer.begin(1);
    Matrix states = states_of(2, 0);
    states(1, 2) = std::numeric_limits<float>::quiet_NaN();
    files.write(0, 0, view(states));
    files.write(1, 0, view(states_of(2, 0)));
    files.commit(kSecond);
    writer.finish();
    const ActivationReader reader(store_);
    const std::size_t rows[] = {4};
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"shard-00001.layer-2.npy", "row 1"},
                             [&] { (void)reader.read(LayerIndex{2}, rows); }));
}

TEST_F(ActivationStore, DamagedIndicesAreRefusedOrRead) {
    write_all();
    testing::DamagedFiles(index_file(store_), [](const std::filesystem::path& file) {
        (void)index_from_json(read_bytes(file), file.string());
    }).run(2000);
}

}  // namespace
}  // namespace contrans
