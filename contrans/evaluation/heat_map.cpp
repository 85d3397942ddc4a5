#include "contrans/evaluation/heat_map.h"

#include <algorithm>
#include <map>
#include <set>

#include "contrans/evaluation/html_text.h"
#include "contrans/evaluation/number_text.h"

namespace contrans {
namespace {

/// The cells by place, and the range their colours span.
struct HeatMap {
    std::map<std::pair<LayerIndex, LayerIndex>, const LayerSimilarity*> cells;
    std::set<LayerIndex> sources;
    std::set<LayerIndex> targets;
    double low = 0;
    double high = 0;
};

HeatMap arrange(std::span<const LayerSimilarity> cells) {
    HeatMap map;
    map.low = cells[0].cka;
    map.high = cells[0].cka;
    for (const LayerSimilarity& cell : cells) {
        map.cells[{cell.source, cell.target}] = &cell;
        map.sources.insert(cell.source);
        map.targets.insert(cell.target);
        map.low = std::min(map.low, cell.cka);
        map.high = std::max(map.high, cell.cka);
    }
    return map;
}

std::string cell_text(const LayerSimilarity& cell) {
    const std::string text = "source layer " + std::to_string(cell.source.value) + ", target layer " +
                             std::to_string(cell.target.value) + ": CKA " + fixed(cell.cka);
    return cell.used_by.empty() ? text : text + "; used by " + cell.used_by;
}

std::string cell_html(const HeatMap& map, LayerIndex source, LayerIndex target) {
    const auto found = map.cells.find({source, target});
    if (found == map.cells.end()) return "<td class=\"absent\"></td>";
    const LayerSimilarity& cell = *found->second;
    const double range = map.high - map.low;
    const double share = range > 0 ? (cell.cka - map.low) / range : 1;
    const std::string used = cell.used_by.empty() ? "" : " class=\"used\"";
    return "<td" + used + " style=\"--heat-share:" + fixed(share, 3) + "\" title=\"" + escape_html(cell_text(cell)) +
           "\"><span>" + fixed(cell.cka) + "</span></td>";
}

std::string rows_html(const HeatMap& map) {
    std::string html;
    for (auto source = map.sources.rbegin(); source != map.sources.rend(); ++source) {
        html += "<tr><th scope=\"row\">" + std::to_string(source->value) + "</th>";
        for (const LayerIndex target : map.targets) html += cell_html(map, *source, target);
        html += "</tr>\n";
    }
    return html;
}

std::string foot_html(const HeatMap& map) {
    std::string html = "<tfoot><tr><td></td>";
    for (const LayerIndex target : map.targets) html += "<th scope=\"col\">" + std::to_string(target.value) + "</th>";
    return html + "</tr></tfoot>";
}

std::string used_html(std::span<const LayerSimilarity> cells) {
    std::string html;
    for (const LayerSimilarity& cell : cells) {
        if (!cell.used_by.empty()) html += "<li>" + escape_html(cell_text(cell)) + "</li>";
    }
    return html.empty() ? "" : "<p>Outlined, the pairs in use:</p><ul>" + html + "</ul>";
}

}  // namespace

std::string heat_map_html(std::span<const LayerSimilarity> cells) {
    if (cells.empty()) return "";
    const HeatMap map = arrange(cells);
    return "<div class=\"heat\"><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Similarity of source "
           "and target layers\"><table class=\"heat-map\"><caption>Rows: source layer, columns: target layer, cells: "
           "CKA</caption><tbody>\n" +
           rows_html(map) + "</tbody>" + foot_html(map) +
           "</table></div>\n<div class=\"heat-side\"><p class=\"scale\"><span>" + fixed(map.low) +
           "</span><span class=\"scale-bar\" aria-hidden=\"true\"></span><span>" + fixed(map.high) +
           "</span></p>\n<p id=\"heat-readout\" aria-live=\"polite\">Point at a cell for its value.</p>\n" +
           used_html(cells) + "</div></div>\n";
}

}  // namespace contrans
