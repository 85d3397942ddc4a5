#include "contrans/core/model_identity_json.h"

namespace contrans {

nlohmann::ordered_json identity_to_json(const ModelIdentity& model) {
    return {{"name", model.name},
            {"architecture", model.architecture},
            {"fingerprint", model.fingerprint},
            {"d_model", model.d_model},
            {"n_layers", model.n_layers}};
}

ModelIdentity identity_from_json(const JsonReader& json) {
    return {json.get<std::string>("fingerprint"), json.get<std::string>("name"), json.get<std::string>("architecture"),
            json.get<std::size_t>("d_model"), json.get<std::size_t>("n_layers")};
}

}  // namespace contrans
