#pragma once

#include <string>
#include <string_view>

namespace contrans::server {

/// A body of POST /v1/concepts: which file of the server's folder of vectors to offer.
struct ConceptBody {
    std::string file;  ///< a file's name, without a folder: requests choose among what the operator put there
    std::string name;  ///< empty: the file's stem
};

/// Throws what parse_body throws, and RequestError 400 for a file that names a folder or is no .gguf.
[[nodiscard]] ConceptBody parse_concept_body(std::string_view body);

}  // namespace contrans::server
