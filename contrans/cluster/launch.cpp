#include "contrans/cluster/launch.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace contrans {
namespace {

std::optional<std::size_t> number_in(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr) return std::nullopt;
    const std::string_view text = value;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

std::optional<Launch> launch_from_environment() {
    // OpenMPI, then what MPICH and its kin share; PMIx alone names a rank and no size.
    constexpr const char* variables[][2] = {
        {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, {"PMI_RANK", "PMI_SIZE"}, {"PMIX_RANK", "PMI_SIZE"}};
    for (const auto& [rank_variable, size_variable] : variables) {
        if (const auto rank = number_in(rank_variable)) return Launch{*rank, number_in(size_variable)};
    }
    return std::nullopt;
}

std::chrono::milliseconds grace_from_environment() {
    constexpr std::size_t longest = 600;
    const std::size_t seconds = number_in("OMPI_MCA_odls_base_sigkill_timeout").value_or(1);
    return std::chrono::seconds(std::clamp<std::size_t>(seconds, 1, longest));
}

}  // namespace contrans
