#include "apps/cli/layer_options.h"

#include <charconv>
#include <string_view>

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

}  // namespace

std::vector<LayerIndex> parse_layers(const std::string& option, const std::string& text) {
    if (text.empty()) return {};
    const std::size_t colon = text.find(':');
    const std::string_view view = text;
    const auto first = parse_layer(view.substr(0, colon));
    const auto last = colon == std::string::npos ? first : parse_layer(view.substr(colon + 1));
    if (!first || !last || *first > *last) {
        throw Error(ErrorKind::argument,
                    option + ": must be A:B, the first and the last layer, from 0 (got " + in_quotes(text) + ")");
    }
    std::vector<LayerIndex> layers;
    for (std::size_t k = *first; k <= *last; ++k) layers.push_back({k});
    return layers;
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
