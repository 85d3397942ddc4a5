#pragma once

#include <string>

#include "contrans/core/artefact_file.h"
#include "contrans/core/model_identity.h"

namespace contrans {

/// Writes a model's identity as `<prefix>fingerprint`, `<prefix>name` and so on; prefix e.g. "contrans.source.".
void set_model_identity(ArtefactWriter& writer, const std::string& prefix, const ModelIdentity& model);

[[nodiscard]] bool has_model_identity(const ArtefactReader& reader, const std::string& prefix);

/// Throws Error{format} naming file and key when a part is missing or the fingerprint is empty.
[[nodiscard]] ModelIdentity get_model_identity(const ArtefactReader& reader, const std::string& prefix);

}  // namespace contrans
