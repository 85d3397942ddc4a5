#include "apps/server/concept_body.h"

#include "apps/server/field_reader.h"
#include "apps/server/model_name.h"
#include "contrans/core/utf8.h"

namespace contrans::server {

ConceptBody parse_concept_body(std::string_view text) {
    const Json json = parse_body(text);
    const FieldReader fields(json, "");
    fields.refuse_others({"file", "name"});
    ConceptBody body{fields.required_text("file"), fields.text("name").value_or("")};
    const bool plain = body.file.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos &&
                       !body.file.starts_with('.') && body.file.ends_with(".gguf");
    if (!plain)
        fields.fail("file", "must be the name of a .gguf file in the folder of vectors, not " + in_quotes(body.file));
    if (body.file.ends_with(".controls.gguf")) fields.fail("file", "controls are for evaluations, not for serving");
    if (!body.name.empty()) require_concept_name(body.name, "name");
    return body;
}

}  // namespace contrans::server
