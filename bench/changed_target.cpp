// A model as somebody else may have it: quantised by llama.cpp to another type, with noise on its weights first if
// wanted. What `contrans verify` is measured on (bench/drift). Unlike a twin's, the noise leaves the residual stream's
// coordinates alone.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "ggml.h"
#include "gguf.h"
#include "llama.h"

namespace {

struct Options {
    std::string model;
    std::string out;
    std::string type = "q8_0";
    double noise = 0;  // standard deviation, in units of each matrix's root mean square
    std::uint64_t seed = 1;
};

const std::map<std::string, llama_ftype> kTypes = {
    {"f32", LLAMA_FTYPE_ALL_F32},      {"q8_0", LLAMA_FTYPE_MOSTLY_Q8_0},     {"q5_1", LLAMA_FTYPE_MOSTLY_Q5_1},
    {"q4_0", LLAMA_FTYPE_MOSTLY_Q4_0}, {"q3_k_m", LLAMA_FTYPE_MOSTLY_Q3_K_M}, {"q2_k", LLAMA_FTYPE_MOSTLY_Q2_K}};

struct FreeGguf {
    void operator()(gguf_context* header) const { gguf_free(header); }
};
struct FreeGgml {
    void operator()(ggml_context* context) const { ggml_free(context); }
};

void quantise(const std::string& from, const std::string& to, llama_ftype type) {
    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = type;
    params.allow_requantize = true;
    if (llama_model_quantize(from.c_str(), to.c_str(), &params) != 0)
        throw std::runtime_error(from + ": llama.cpp cannot requantise it");
}

double root_mean_square(const std::vector<float>& values) {
    double sum = 0;
    for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
    return std::sqrt(sum / static_cast<double>(values.size()));
}

/// To one tensor's values, where the F32 file has them.
void add_noise_at(std::fstream& file, std::streamoff place, std::size_t n, double noise, std::mt19937_64& random) {
    std::vector<float> values(n);
    const auto bytes = static_cast<std::streamsize>(n * sizeof(float));
    file.seekg(place).read(reinterpret_cast<char*>(values.data()), bytes);
    std::normal_distribution<double> normal(0, noise * root_mean_square(values));
    for (float& value : values) value = static_cast<float>(value + normal(random));
    file.seekp(place).write(reinterpret_cast<const char*>(values.data()), bytes);
    if (!file) throw std::runtime_error("weights cannot be changed in place");
}

/// To every matrix of the blocks; embeddings, head and norms are left as they are.
void add_noise(const std::string& model, double noise, std::uint64_t seed) {
    ggml_context* tensors = nullptr;
    const std::unique_ptr<gguf_context, FreeGguf> header(
        gguf_init_from_file(model.c_str(), {.no_alloc = true, .ctx = &tensors}));
    const std::unique_ptr<ggml_context, FreeGgml> owned(tensors);
    if (!header) throw std::runtime_error(model + ": cannot be read");
    std::fstream file(model, std::ios::in | std::ios::out | std::ios::binary);
    std::mt19937_64 random(seed);
    for (std::int64_t i = 0; i < gguf_get_n_tensors(header.get()); ++i) {
        const char* name = gguf_get_tensor_name(header.get(), i);
        const ggml_tensor* tensor = ggml_get_tensor(tensors, name);
        if (std::string(name).rfind("blk.", 0) != 0 || ggml_n_dims(tensor) != 2) continue;
        if (tensor->type != GGML_TYPE_F32) throw std::runtime_error(model + ": must be F32 to take noise");
        const auto place = gguf_get_data_offset(header.get()) + gguf_get_tensor_offset(header.get(), i);
        add_noise_at(file, static_cast<std::streamoff>(place), static_cast<std::size_t>(ggml_nelements(tensor)), noise,
                     random);
    }
}

void make(const Options& options) {
    if (options.noise == 0) return quantise(options.model, options.out, kTypes.at(options.type));
    const std::string expanded = options.out + ".f32";
    quantise(options.model, expanded, LLAMA_FTYPE_ALL_F32);
    add_noise(expanded, options.noise, options.seed);
    quantise(expanded, options.out, kTypes.at(options.type));
    std::filesystem::remove(expanded);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("Writes a model quantised anew, with noise on its weights if wanted");
    app.add_option("--model", options.model, "Model (GGUF)")->required();
    app.add_option("--out", options.out, "Changed model to write (GGUF)")->required();
    app.add_option("--type", options.type, "Its type of weights")->check(CLI::IsMember(kTypes))->capture_default_str();
    app.add_option("--noise", options.noise,
                   "Gaussian noise on the blocks' matrices, in units of their root mean square");
    app.add_option("--seed", options.seed, "Of the noise")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
    try {
        make(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "changed_target: %s\n", error.what());
        return 1;
    }
    return 0;
}
