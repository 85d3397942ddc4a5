#pragma once

#include <string>

#include "contrans/core/artefact_file.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {

/// What a parser makes of a value that stands under a key. The parser's Error becomes the file's Error{format}.
template <class Parse>
auto parse_key(const ArtefactReader& reader, const std::string& key, const std::string& value, Parse parse) {
    try {
        return parse(value);
    } catch (const Error& error) {
        reader.reject("key " + in_quotes(key), error.what());
    }
}

}  // namespace contrans
