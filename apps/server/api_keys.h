#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace contrans::server {

/// Each may do what those before it may: ask for answers; load and unload concepts; read the metrics
/// and the audit log.
enum class Role { call, load, administer };

/// "call", "load", "administer".
[[nodiscard]] std::string_view to_string(Role role);

/// Who may do what. Holds no key, only digests. Immutable.
class ApiKeys {
public:
    /// No keys: everybody may do everything.
    ApiKeys() = default;
    /// A line: ROLE KEY [NAME]; blank lines and those that begin with # count for nothing. A key has 16 to 256
    /// printable ASCII characters and no space. @param origin  for messages, which never show a key. Throws
    /// Error{format} naming the line.
    [[nodiscard]] static ApiKeys parse(std::string_view text, const std::string& origin);
    /// Throws Error{io} as well.
    [[nodiscard]] static ApiKeys read(const std::filesystem::path& file);

    [[nodiscard]] bool none() const { return keys_.empty(); }

    /// The name of the key in an Authorization header ("Bearer KEY"), for the log; empty where there are no keys. How
    /// long it takes tells nothing of the keys. Throws RequestError: 401 for a missing or unknown key, 403 for one
    /// whose role is too small.
    [[nodiscard]] std::string admit(std::string_view authorization, Role needed) const;

private:
    struct Key {
        std::string digest;  // SHA-256, so that all comparisons are of one length
        Role role = Role::call;
        std::string name;
    };
    [[nodiscard]] const Key* find(std::string_view key) const;

    std::vector<Key> keys_;
};

}  // namespace contrans::server
