#include "apps/server/api_keys.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <sstream>

#include "apps/server/request_error.h"
#include "contrans/core/error.h"
#include "contrans/core/sha256.h"
#include "contrans/core/text_file.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

constexpr std::size_t kShortestKey = 16;
constexpr std::size_t kLongestKey = 256;
constexpr std::size_t kLongestKeyName = 64;
constexpr std::string_view kScheme = "bearer ";

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Role role_of(const std::string& word, const std::string& place) {
    for (const Role role : {Role::call, Role::load, Role::administer}) {
        if (to_string(role) == word) return role;
    }
    throw Error(ErrorKind::format, place + ": the role must be call, load or administer, not " + in_quotes(word));
}

void require_key(const std::string& key, const std::string& place) {
    if (key.size() >= kShortestKey && key.size() <= kLongestKey && is_plain(key)) return;
    throw Error(ErrorKind::format, place + ": a key has " + std::to_string(kShortestKey) + " to " +
                                       std::to_string(kLongestKey) + " printable ASCII characters; this one has " +
                                       std::to_string(key.size()) + " bytes");
}

RequestError unauthorised(const std::string& message) {
    return {401, "authentication_error", "", message, "invalid_api_key"};
}

bool has_scheme(std::string_view authorization) {
    if (authorization.size() < kScheme.size()) return false;
    return std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                      [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); });
}

}  // namespace

std::string_view to_string(Role role) {
    switch (role) {
        case Role::call:
            return "call";
        case Role::load:
            return "load";
        case Role::administer:
            return "administer";
    }
    return "";
}

ApiKeys ApiKeys::parse(std::string_view text, const std::string& origin) {
    ApiKeys keys;
    std::istringstream lines{std::string(text)};
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        const std::string place = origin + ":" + std::to_string(++number);
        std::istringstream words(line);
        std::string role;
        std::string key;
        std::string name;
        std::string more;
        if (!(words >> role) || role.starts_with('#')) continue;
        if (!(words >> key)) throw Error(ErrorKind::format, place + ": a line must be ROLE KEY [NAME]");
        words >> name >> more;
        const Role parsed = role_of(role, place);
        require_key(key, place);
        if (!more.empty()) throw Error(ErrorKind::format, place + ": more than ROLE KEY [NAME]");
        if (!is_plain(name) || name.size() > kLongestKeyName) {
            throw Error(ErrorKind::format, place + ": a name has at most 64 printable ASCII characters");
        }
        if (keys.find(key) != nullptr) throw Error(ErrorKind::format, place + ": the key stands in a line before");
        keys.keys_.push_back({sha256_of(key), parsed, name.empty() ? "line " + std::to_string(number) : name});
    }
    if (keys.none()) throw Error(ErrorKind::format, origin + ": holds no key");
    return keys;
}

ApiKeys ApiKeys::read(const std::filesystem::path& file) { return parse(read_text_file(file), file.string()); }

/// Looks at every key, whichever fits.
const ApiKeys::Key* ApiKeys::find(std::string_view key) const {
    const std::string digest = sha256_of(key);
    const Key* found = nullptr;
    for (const Key& each : keys_) {
        if (CRYPTO_memcmp(each.digest.data(), digest.data(), digest.size()) == 0) found = &each;
    }
    return found;
}

std::string ApiKeys::admit(std::string_view authorization, Role needed) const {
    if (none()) return "";
    if (authorization.empty()) throw unauthorised("an API key is needed: Authorization: Bearer KEY");
    if (!has_scheme(authorization)) throw unauthorised("Authorization must be: Bearer KEY");
    const Key* key = find(authorization.substr(kScheme.size()));
    if (key == nullptr) throw unauthorised("the API key is not known");
    if (key->role < needed) {
        throw RequestError(403, "permission_error", "",
                           "this needs a key of role " + std::string(to_string(needed)) + ", and yours has role " +
                               std::string(to_string(key->role)));
    }
    return key->name;
}

}  // namespace contrans::server
