#include "contrans/core/model_identity.h"

#include "contrans/core/error.h"

namespace contrans {

std::string describe(const ModelIdentity& model) {
    const std::string name = model.name.empty() ? "unnamed model" : model.name;
    return name + " (" + model.architecture + ", " + model.fingerprint.substr(0, 8) + ")";
}

void require_same_model(const std::string& artefact, const ModelIdentity& made_with, const ModelIdentity& actual,
                        IdentityMismatch policy) {
    if (policy == IdentityMismatch::allow || made_with == actual) return;
    throw Error(ErrorKind::model, artefact + ": made with " + describe(made_with) + ", but the model given is " +
                                      describe(actual) +
                                      "; give the model it was made with, or --force to use it anyway");
}

}  // namespace contrans
