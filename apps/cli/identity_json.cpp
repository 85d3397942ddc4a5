#include "apps/cli/identity_json.h"

namespace contrans::cli {

nlohmann::ordered_json identity_to_json(const ModelIdentity& identity) {
    return {{"name", identity.name},
            {"architecture", identity.architecture},
            {"fingerprint", identity.fingerprint},
            {"d_model", identity.d_model},
            {"n_layers", identity.n_layers}};
}

}  // namespace contrans::cli
