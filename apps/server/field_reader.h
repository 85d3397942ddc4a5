#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "apps/server/json_body.h"

namespace contrans::server {

/// Ends included.
struct NumberRange {
    double lowest = std::numeric_limits<double>::lowest();
    double highest = std::numeric_limits<double>::max();
};
struct WholeRange {
    std::uint64_t lowest = 0;
    std::uint64_t highest = std::numeric_limits<std::uint64_t>::max();
};

/// Most bytes of a string and most elements of a list.
inline constexpr std::size_t kLongestName = 256;
inline constexpr std::size_t kLongestText = std::size_t{1} << 20;
inline constexpr std::size_t kLongestList = 4096;

/// The fields of a JSON object in a request; knows its path for messages. A view: the JSON must outlive it. A missing
/// field and null are the same. All throw RequestError 400, with the field as param, for a value of another type or
/// beyond the limits.
class FieldReader {
public:
    /// @param path  of the object; empty: the body itself
    FieldReader(const Json& object, std::string path);

    [[nodiscard]] bool has(const char* key) const;
    [[nodiscard]] std::optional<double> number(const char* key, NumberRange range = {}) const;
    [[nodiscard]] std::optional<std::uint64_t> whole(const char* key, WholeRange range = {}) const;
    [[nodiscard]] std::optional<bool> flag(const char* key) const;
    [[nodiscard]] std::optional<std::string> text(const char* key, std::size_t most_bytes = kLongestName) const;
    /// Null where there is none.
    [[nodiscard]] const Json* list(const char* key, std::size_t most = kLongestList) const;
    [[nodiscard]] std::optional<FieldReader> object(const char* key) const;
    /// One of the words. Throws for another, naming them all.
    [[nodiscard]] std::optional<std::string> word(const char* key, std::initializer_list<std::string_view> words) const;

    [[nodiscard]] std::string required_text(const char* key, std::size_t most_bytes = kLongestName) const;
    /// Throws for any field that is none of these: for objects of ours, where a misspelt field must not be a silent
    /// default.
    void refuse_others(std::initializer_list<std::string_view> known) const;

    /// Null where there is none.
    [[nodiscard]] const Json* value(const char* key) const;
    [[nodiscard]] const Json& json() const { return json_; }
    /// "concepts[0].dose"
    [[nodiscard]] std::string path(std::string_view key) const;
    [[noreturn]] void fail(std::string_view key, std::string_view rule) const;

private:
    const Json& json_;
    std::string path_;
};

}  // namespace contrans::server
