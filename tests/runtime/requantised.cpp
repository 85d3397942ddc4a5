#include "tests/runtime/requantised.h"

#include <stdexcept>

#include "llama.h"

namespace contrans::testing {
namespace {

llama_ftype type_of(Quantisation quantisation) {
    switch (quantisation) {
        case Quantisation::f32:
            return LLAMA_FTYPE_ALL_F32;
        case Quantisation::f16:
            return LLAMA_FTYPE_MOSTLY_F16;
        case Quantisation::q8_0:
            return LLAMA_FTYPE_MOSTLY_Q8_0;
        case Quantisation::q4_1:
            return LLAMA_FTYPE_MOSTLY_Q4_1;
    }
    throw std::runtime_error("no such quantisation");
}

}  // namespace

std::filesystem::path requantised(const std::filesystem::path& model, const std::filesystem::path& out,
                                  Quantisation quantisation) {
    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = type_of(quantisation);
    params.allow_requantize = true;
    if (llama_model_quantize(model.c_str(), out.c_str(), &params) != 0)
        throw std::runtime_error(model.string() + ": llama.cpp cannot requantise it");
    return out;
}

}  // namespace contrans::testing
