#include "apps/gateway/upstreams.h"

#include <fstream>

#include "apps/gateway/engine_choice.h"
#include "contrans/core/error.h"
#include "gtest/gtest.h"
#include "tests/core/temporary_folder.h"

namespace contrans::gateway {
namespace {

constexpr const char* kFile = R"({"upstreams": 1, "model": "gemma", "engines": [
    {"name": "plain", "url": "http://127.0.0.1:9001/v1/", "concepts": []},
    {"name": "old", "url": "http://127.0.0.1:9002", "concepts": [{"concept": "polite", "dose": 0.3, "version": 1}]},
    {"name": "both", "url": "http://host/base", "model": "m", "concepts": [
        {"concept": "polite", "dose": 0.3, "version": 2}, {"concept": "brief", "dose": -0.2}]},
    {"name": "new", "url": "http://127.0.0.1:9003", "concepts": [{"concept": "polite", "dose": 0.3, "version": 2}]}]})";

/// kFile with one place changed.
std::string changed(const std::string& from, const std::string& to) {
    std::string text = kFile;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

std::string refusal(const std::string& text) {
    try {
        (void)parse_upstreams(text, "upstreams.json");
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::format);
        return error.what();
    }
    return "nothing was thrown";
}

TEST(Upstreams, are_read_whole) {
    const Upstreams upstreams = parse_upstreams(kFile, "upstreams.json");
    EXPECT_EQ(upstreams.model, "gemma");
    ASSERT_EQ(upstreams.engines.size(), 4U);
    EXPECT_EQ(upstreams.engines[0].address.path, "") << "a base with /v1 is the same as one without";
    EXPECT_EQ(upstreams.engines[2].address.host, "host");
    EXPECT_EQ(upstreams.engines[2].address.port, "80");
    EXPECT_EQ(upstreams.engines[2].address.path, "/base");
    EXPECT_EQ(upstreams.engines[2].model, "m");
    EXPECT_EQ(mix_text(upstreams.engines[2].mix), "polite@0.3 version 2 + brief@-0.2");
    EXPECT_EQ(plain_engine(upstreams).name, "plain");
}

TEST(Upstreams, refuse_with_the_place_and_the_rule) {
    const std::vector<std::pair<std::string, std::string>> broken = {
        {changed("\"upstreams\": 1", "\"upstreams\": 2"), "upstreams"},
        {changed("\"model\": \"gemma\"", "\"model\": \"\""), "model"},
        {changed("\"name\": \"old\"", "\"name\": \"plain\""), "engines[1].name"},
        {changed("\"name\": \"old\"", "\"name\": \"a b\""), "engines[1].name"},
        {changed("http://127.0.0.1:9002", "https://127.0.0.1:9002"), "engines[1].url: no TLS"},
        {changed("http://127.0.0.1:9002", "http://:9002"), "engines[1].url"},
        {changed("\"concepts\": []", "\"concept\": []"), "engines[0].concept"},
        {changed("\"dose\": 0.3, \"version\": 1", "\"doze\": 0.3"), "engines[1].concepts[0].doze"},
        {changed("\"dose\": 0.3, \"version\": 1", "\"version\": 1"), "engines[1].concepts[0].dose"},
        {changed("\"dose\": 0.3, \"version\": 1", "\"dose\": 1e9"), "engines[1].concepts[0].dose"},
        {changed("\"brief\"", "\"polite\""), "engines[2].concepts[1]"},
        {changed("\"version\": 1", "\"version\": 2"), "engines[3].concepts: is the mix of engine \"old\" too"},
        {changed("\"concepts\": []", "\"concepts\": [{\"concept\": \"x\", \"dose\": 1}]"), "engines: one must have no"},
        {changed("\"polite\", \"dose\": 0.3, \"version\": 1", "\"\", \"dose\": 1"), "engines[1].concepts[0].concept"},
        {"{\"upstreams\": 1", "JSON"},
        {"[]", "object"},
    };
    for (const auto& [text, part] : broken) {
        const std::string said = refusal(text);
        EXPECT_TRUE(said.starts_with("upstreams.json: ")) << said;
        EXPECT_NE(said.find(part), std::string::npos) << said << " without " << part;
    }
}

TEST(Upstreams, two_engines_without_concepts_are_one_too_many) {
    EXPECT_NE(refusal(changed("[{\"concept\": \"polite\", \"dose\": 0.3, \"version\": 1}]", "[]")).find("plain"),
              std::string::npos);
}

TEST(Upstreams, keys_lie_beside_the_file) {
    const testing::TemporaryFolder folder;
    std::ofstream(folder / "upstreams.json")
        << changed("\"url\": \"http://127.0.0.1:9002\"", R"("url": "http://127.0.0.1:9002", "key_file": "old.key")");
    EXPECT_THROW((void)read_upstreams(folder / "upstreams.json"), Error);
    std::ofstream(folder / "old.key") << "s3cret\n";
    EXPECT_EQ(read_upstreams(folder / "upstreams.json").engines[1].key, "s3cret");
    std::ofstream(folder / "old.key") << "two\nlines\n";
    EXPECT_THROW((void)read_upstreams(folder / "upstreams.json"), Error);
    EXPECT_THROW((void)read_upstreams(folder / "missing.json"), Error);
}

TEST(EngineChoice, takes_exactly_the_mix_in_any_order) {
    const Upstreams upstreams = parse_upstreams(kFile, "upstreams.json");
    const auto chosen = [&](const std::vector<WantedConcept>& mix) {
        const Engine* engine = engine_for(upstreams, mix);
        return engine == nullptr ? "none" : engine->name;
    };
    EXPECT_EQ(chosen({}), "plain");
    EXPECT_EQ(chosen({{"brief", -0.2}, {"polite", 0.3}}), "both");
    EXPECT_EQ(chosen({{"polite", 0.3, 2}}), "new") << "not the one that has more";
    EXPECT_EQ(chosen({{"polite", 0.3, 1}}), "old");
    EXPECT_EQ(chosen({{"polite", 0.3, 0}}), "old") << "the first of those that fit";
    EXPECT_EQ(chosen({{"polite", std::nullopt}}), "old");
    EXPECT_EQ(chosen({{"polite", 0.31}}), "none");
    EXPECT_EQ(chosen({{"polite", 0.3, 3}}), "none");
    EXPECT_EQ(chosen({{"brief", -0.2}}), "none");
}

}  // namespace
}  // namespace contrans::gateway
