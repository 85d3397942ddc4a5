#include "apps/cli/layer_options.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans::cli {
namespace {

// Far above any model, so that a mistyped range does not become a long list.
constexpr std::size_t kMostLayers = 100'000;

std::optional<std::size_t> parse_layer(std::string_view text) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && number < kMostLayers ? std::optional(number) : std::nullopt;
}

/// "A:B" or "A".
std::optional<std::pair<std::size_t, std::size_t>> parse_range(std::string_view text) {
    const std::size_t colon = text.find(':');
    const auto first = parse_layer(text.substr(0, colon));
    const auto last = colon == std::string_view::npos ? first : parse_layer(text.substr(colon + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    return std::pair(*first, *last);
}

}  // namespace

std::vector<LayerIndex> parse_layers(const std::string& option, const std::string& text) {
    std::set<LayerIndex> layers;
    const std::string_view view = text;
    for (std::size_t begin = 0; begin < view.size();) {
        const std::size_t end = std::min(view.find(',', begin), view.size());
        const auto range = parse_range(view.substr(begin, end - begin));
        if (!range || end + 1 == view.size()) {
            throw Error(ErrorKind::argument, option +
                                                 ": must be A:B, the first and the last layer, from 0, or a list "
                                                 "A,B,C (got " +
                                                 in_quotes(text) + ")");
        }
        for (std::size_t k = range->first; k <= range->second; ++k) layers.insert({k});
        begin = end + 1;
    }
    return {layers.begin(), layers.end()};
}

void require_layers(const std::string& option, const std::vector<LayerIndex>& layers, const ModelIdentity& model) {
    if (layers.empty() || layers.back().value < model.n_layers) return;
    throw Error(ErrorKind::argument, option + ": " + describe(model) + " has layers 0 to " +
                                         std::to_string(model.n_layers - 1) + " (got " +
                                         std::to_string(layers.back().value) + ")");
}

std::optional<LayerIndex> layer_or_none(std::optional<std::size_t> number) {
    return number ? std::optional(LayerIndex{*number}) : std::nullopt;
}

}  // namespace contrans::cli
