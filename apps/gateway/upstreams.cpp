#include "apps/gateway/upstreams.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "apps/server/field_reader.h"
#include "apps/server/model_name.h"
#include "apps/server/request_error.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans::gateway {
namespace {

using server::FieldReader;
using server::Json;

constexpr std::size_t kMostEngines = 64;
constexpr double kLargestDose = 1e6;
constexpr std::uint64_t kLastVersion = 1'000'000'000;
constexpr std::size_t kLongestUrl = 2048;
constexpr std::size_t kLongestPath = 4096;
constexpr std::size_t kLongestKey = 4096;

std::string element(const std::string& list, std::size_t i) { return list + "[" + std::to_string(i) + "]"; }

PlannedConcept concept_from(const Json& json, const std::string& path) {
    const FieldReader fields(json, path);
    fields.refuse_others({"concept", "dose", "version"});
    PlannedConcept one;
    one.name = fields.required_text("concept");
    server::require_concept_name(one.name, fields.path("concept"));
    const auto dose = fields.number("dose", {-kLargestDose, kLargestDose});
    if (!dose) fields.fail("dose", "is missing");
    one.dose = *dose;
    one.version = static_cast<std::int64_t>(fields.whole("version", {0, kLastVersion}).value_or(0));
    return one;
}

Mix mix_from(const FieldReader& engine) {
    const Json* list = engine.list("concepts", server::kMostConcepts);
    if (list == nullptr) engine.fail("concepts", "is missing; an engine that does not steer has []");
    Mix mix;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string path = element(engine.path("concepts"), i);
        PlannedConcept one = concept_from((*list)[i], path);
        if (std::ranges::find(mix, one.name, &PlannedConcept::name) != mix.end()) {
            throw server::bad_field(path, "concept " + in_quotes(one.name) + " stands twice");
        }
        mix.push_back(std::move(one));
    }
    return mix;
}

/// Clients write base addresses with "/v1" at their end, llama.cpp's users without: both are the same.
EndpointAddress address_from(const FieldReader& engine) {
    const std::string url = engine.required_text("url", kLongestUrl);
    EndpointAddress address = parse_http_url(url, engine.path("url"));
    while (address.path.ends_with('/')) address.path.pop_back();
    if (address.path.ends_with("/v1")) address.path.resize(address.path.size() - 3);
    return address;
}

Engine engine_from(const Json& json, const std::string& path) {
    const FieldReader fields(json, path);
    fields.refuse_others({"name", "url", "model", "key_file", "concepts"});
    Engine engine;
    engine.name = fields.required_text("name");
    server::require_concept_name(engine.name, fields.path("name"));
    engine.address = address_from(fields);
    engine.model = fields.text("model").value_or("");
    engine.key_file = fields.text("key_file", kLongestPath).value_or("");
    engine.mix = mix_from(fields);
    return engine;
}

bool same_mix(Mix a, Mix b) {
    std::ranges::sort(a, {}, &PlannedConcept::name);
    std::ranges::sort(b, {}, &PlannedConcept::name);
    return a == b;
}

void require_apart(const std::vector<Engine>& engines, const Engine& fresh, const std::string& path) {
    for (const Engine& each : engines) {
        if (each.name == fresh.name) throw server::bad_field(path + ".name", in_quotes(fresh.name) + " stands twice");
        if (same_mix(each.mix, fresh.mix)) {
            throw server::bad_field(path + ".concepts", "is the mix of engine " + in_quotes(each.name) + " too");
        }
    }
}

Upstreams upstreams_from(const FieldReader& fields) {
    fields.refuse_others({"upstreams", "model", "engines"});
    if (!fields.whole("upstreams", {1, 1})) fields.fail("upstreams", "is missing: 1, the version of this format");
    Upstreams upstreams;
    upstreams.model = fields.required_text("model");
    if (upstreams.model.empty()) fields.fail("model", "must not be empty");
    const Json* list = fields.list("engines", kMostEngines);
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const std::string path = element("engines", i);
        Engine engine = engine_from((*list)[i], path);
        require_apart(upstreams.engines, engine, path);
        upstreams.engines.push_back(std::move(engine));
    }
    const auto plain = [](const Engine& engine) { return engine.mix.empty(); };
    if (std::ranges::none_of(upstreams.engines, plain)) {
        fields.fail("engines", "one must have no concepts: it answers those who choose none");
    }
    return upstreams;
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in) throw Error(ErrorKind::io, "cannot read " + file.string());
    return text;
}

std::string key_in(const std::filesystem::path& file) {
    std::string key = text_of(file);
    while (key.ends_with('\n') || key.ends_with('\r')) key.pop_back();
    const bool plain = std::ranges::all_of(key, [](char c) { return c > ' ' && c < 127; });
    if (key.empty() || key.size() > kLongestKey || !plain) {
        throw Error(ErrorKind::format, file.string() + ": must hold a key on one line, printable ASCII");
    }
    return key;
}

}  // namespace

Upstreams parse_upstreams(std::string_view text, const std::string& origin) try {
    const Json json = server::parse_body(text);
    return upstreams_from(FieldReader(json, ""));
} catch (const server::RequestError& error) {
    throw Error(ErrorKind::format, origin + ": " + error.what());
} catch (const Error& error) {  // of a URL
    throw Error(ErrorKind::format, origin + ": " + error.what());
}

Upstreams read_upstreams(const std::filesystem::path& file) {
    Upstreams upstreams = parse_upstreams(text_of(file), file.string());
    for (Engine& engine : upstreams.engines) {
        if (!engine.key_file.empty()) engine.key = key_in(file.parent_path() / engine.key_file);
    }
    return upstreams;
}

const Engine& plain_engine(const Upstreams& upstreams) {
    return *std::ranges::find_if(upstreams.engines, [](const Engine& engine) { return engine.mix.empty(); });
}

}  // namespace contrans::gateway
