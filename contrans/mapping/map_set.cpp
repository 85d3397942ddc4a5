#include "contrans/mapping/map_set.h"

#include <array>
#include <utility>

#include "contrans/core/error.h"

namespace contrans {
namespace {

constexpr std::array<std::pair<FitKind, const char*>, 10> kNames{{
    {FitKind::paper, "paper"},
    {FitKind::last_ridge, "last-ridge"},
    {FitKind::token_ridge, "token-ridge"},
    {FitKind::token_ridge_raw, "token-ridge-raw"},
    {FitKind::token_ridge_whitened, "token-ridge-whitened"},
    {FitKind::token_plain, "token-plain"},
    {FitKind::token_reduced_rank, "token-reduced-rank"},
    {FitKind::token_reduced_rank_whitened, "token-reduced-rank-whitened"},
    {FitKind::token_procrustes, "token-procrustes"},
    {FitKind::known, "known"},
}};

}  // namespace

std::string to_string(FitKind kind) {
    for (const auto& [value, name] : kNames) {
        if (value == kind) return name;
    }
    throw Error(ErrorKind::argument, "fit kind: unknown value " + std::to_string(static_cast<int>(kind)));
}

FitKind parse_fit_kind(const std::string& name) {
    std::string known;
    for (const auto& [value, known_name] : kNames) {
        if (known_name == name) return value;
        known += (known.empty() ? "" : ", ") + std::string(known_name);
    }
    throw Error(ErrorKind::argument, "fit kind: must be one of " + known + ", got \"" + name + "\"");
}

}  // namespace contrans
