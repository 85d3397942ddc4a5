#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {

/// An object of a JSON text under reading; knows its path for messages. A view: the parsed text must outlive it.
/// All throw Error{format} naming path and key for a missing key or a value of the wrong type.
class JsonReader {
public:
    JsonReader(const nlohmann::ordered_json& json, std::string path) : json_(json), path_(std::move(path)) {
        if (!json_.is_object()) throw Error(ErrorKind::format, path_ + " must be an object, not " + json_.type_name());
    }

    template <class T>
    [[nodiscard]] T get(const char* key) const {
        if (!json_.contains(key)) fail(key, "is missing");
        return convert<T>(json_[key], key);
    }
    /// `otherwise` when the key is missing or null.
    template <class T>
    [[nodiscard]] T get_or(const char* key, T otherwise) const {
        return has(key) ? convert<T>(json_[key], key) : otherwise;
    }
    [[nodiscard]] std::optional<double> number(const char* key) const {
        if (!has(key)) return {};
        return convert<double>(json_[key], key);
    }
    [[nodiscard]] bool has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }
    [[nodiscard]] JsonReader object(const char* key) const {
        if (!json_.contains(key)) fail(key, "is missing");
        return {json_[key], path_ + ": " + key};
    }
    template <class T, class Read>
    [[nodiscard]] std::vector<T> list(const char* key, Read read) const {
        const nlohmann::ordered_json& values = json_.contains(key) ? json_[key] : nlohmann::ordered_json();
        if (!values.is_array()) fail(key, "must be a list");
        std::vector<T> list;
        for (std::size_t i = 0; i < values.size(); ++i) {
            list.push_back(read(JsonReader(values[i], path_ + ": " + key + "[" + std::to_string(i) + "]")));
        }
        return list;
    }
    /// For files of ours, where a misspelt key must not be a silent default.
    void refuse_others(std::initializer_list<std::string_view> known) const {
        for (const auto& [key, unused] : json_.items()) {
            if (std::find(known.begin(), known.end(), key) == known.end()) fail(printable(key), "is not known here");
        }
    }
    [[noreturn]] void fail(const std::string& key, const std::string& rule) const {
        throw Error(ErrorKind::format, path_ + ": key \"" + key + "\" " + rule);
    }

private:
    template <class T>
    T convert(const nlohmann::ordered_json& value, const char* key) const {
        require_type<T>(value, key);
        try {
            return value.get<T>();
        } catch (const nlohmann::ordered_json::exception&) {
            fail(key, "has the wrong type: " + printable(value.dump()));
        }
    }
    /// nlohmann turns booleans into numbers and wraps negative ones when asked for unsigned.
    template <class T>
    void require_type(const nlohmann::ordered_json& value, const char* key) const {
        const bool fits = [&] {
            if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
            if constexpr (std::is_same_v<T, double>) return value.is_number();
            if constexpr (std::is_same_v<T, std::string>) return value.is_string();
            if constexpr (std::is_unsigned_v<T>) return value.is_number_unsigned();
            return value.is_array();
        }();
        if (!fits) fail(key, "has the wrong type: " + printable(value.dump()));
        if constexpr (std::is_same_v<T, std::vector<double>>) require_elements<double>(value, key);
        if constexpr (std::is_same_v<T, std::vector<std::size_t>>) require_elements<std::size_t>(value, key);
    }
    template <class Element>
    void require_elements(const nlohmann::ordered_json& values, const char* key) const {
        for (const nlohmann::ordered_json& value : values) require_type<Element>(value, key);
    }

    const nlohmann::ordered_json& json_;
    std::string path_;
};

/// Throws Error{format} "ORIGIN: must be WHAT: …" for text that is no JSON. @param what e.g. "a JSON report"
[[nodiscard]] nlohmann::ordered_json parse_json(std::string_view text, const std::string& origin,
                                                const std::string& what);

/// The same of a file. Throws Error{io} too.
[[nodiscard]] nlohmann::ordered_json read_json_file(const std::filesystem::path& file, const std::string& what);

}  // namespace contrans
