#include "contrans/core/model_identity_keys.h"

namespace contrans {

void set_model_identity(ArtefactWriter& writer, const std::string& prefix, const ModelIdentity& model) {
    writer.set_string(prefix + "fingerprint", model.fingerprint);
    writer.set_string(prefix + "name", model.name);
    writer.set_string(prefix + "architecture", model.architecture);
    writer.set_u64(prefix + "d_model", model.d_model);
    writer.set_u64(prefix + "n_layers", model.n_layers);
    if (!model.tokenizer.empty()) writer.set_string(prefix + "tokenizer", model.tokenizer);
}

bool has_model_identity(const ArtefactReader& reader, const std::string& prefix) {
    return reader.has(prefix + "fingerprint");
}

ModelIdentity get_model_identity(const ArtefactReader& reader, const std::string& prefix) {
    ModelIdentity model{.fingerprint = reader.get_string(prefix + "fingerprint"),
                        .name = reader.get_string(prefix + "name"),
                        .architecture = reader.get_string(prefix + "architecture"),
                        .d_model = reader.get_size(prefix + "d_model"),
                        .n_layers = reader.get_size(prefix + "n_layers"),
                        .tokenizer = reader.has(prefix + "tokenizer") ? reader.get_string(prefix + "tokenizer") : ""};
    if (model.fingerprint.empty()) reader.reject("key \"" + prefix + "fingerprint\"", "must not be empty");
    return model;
}

}  // namespace contrans
