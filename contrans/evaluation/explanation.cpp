#include "contrans/evaluation/explanation.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "contrans/core/utf8.h"
#include "contrans/evaluation/html_text.h"
#include "contrans/evaluation/number_text.h"

namespace contrans::embedded {
std::string_view chart_js();
std::string_view report_css();
std::string_view explanation_css();
std::string_view explanation_js();
}  // namespace contrans::embedded

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;
using Kind = HtmlCell::Kind;

/// A token of bytes that are no whole character is shown escaped.
std::string shown(const std::string& token) { return first_invalid_utf8(token) ? printable(token) : token; }

Json words_to_json(const std::vector<WordChange>& words) {
    Json list = Json::array();
    for (const WordChange& word : words) list.push_back({{"word", word.word}, {"change", word.change}});
    return list;
}

Json layers_to_json(const Explanation& explanation) {
    Json list = Json::array();
    for (const LayerChange& layer : explanation.layers) {
        list.push_back({{"layer", layer.layer.value},
                        {"sigma", layer.sigma},
                        {"change", layer.change},
                        {"along", layer.along},
                        {"usual", layer.usual}});
    }
    return list;
}

Json to_json(const Explanation& explanation) {
    Json shares = Json::array();
    for (const LayerShare& share : explanation.shares)
        shares.push_back({{"layer", share.layer.value}, {"dose", share.dose}, {"share", share.share}});
    Json texts = Json::array();
    for (const std::vector<TokenProjection>& text : explanation.texts) {
        Json& tokens = texts.emplace_back(Json::array());
        for (const TokenProjection& token : text) {
            tokens.push_back(
                {{"token", shown(token.token)}, {"unsteered", token.unsteered}, {"steered", token.steered}});
        }
    }
    return {{"vector", explanation.vector},
            {"layers", layers_to_json(explanation)},
            {"shares", std::move(shares)},
            {"promoted", words_to_json(explanation.promoted)},
            {"suppressed", words_to_json(explanation.suppressed)},
            {"shown_layer", explanation.shown_layer.value},
            {"texts", std::move(texts)}};
}

/// For a script element: no "<" may end it early.
std::string for_script(const Json& json) {
    std::string text = json.dump();
    for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) text.replace(at, 1, "\\u003c");
    return text;
}

std::string section(const std::string& title, const std::string& content) {
    return "<section><h2>" + title + "</h2>\n" + content + "</section>\n";
}

std::string layers_section(const Explanation& explanation) {
    std::vector<std::vector<HtmlCell>> rows;
    for (const LayerChange& layer : explanation.layers) {
        rows.push_back({{std::to_string(layer.layer.value), Kind::row_heading, ""},
                        {fixed(layer.change), Kind::number, ""},
                        {fixed(layer.along), Kind::number, ""},
                        {fixed(layer.usual), Kind::number, ""},
                        {fixed(layer.sigma, 1), Kind::number, ""}});
    }
    const std::vector<std::string> head = {"layer", "change", "along the concept", "usual that way", "σ"};
    return section("What moves in each layer",
                   "<p>In units of the layer's own spread σ over neutral texts: how far states move, how far of it "
                   "along the concept, and how far the model goes that way by itself.</p>\n<figure><canvas "
                   "id=\"layers\" role=\"img\" aria-label=\"Change of states over the layers; the table below has the "
                   "numbers\"></canvas></figure>\n<details><summary>The numbers</summary>\n" +
                       html_table("Change of states, layer by layer", head, rows) + "</details>\n");
}

std::string shares_section(const Explanation& explanation) {
    std::vector<std::vector<HtmlCell>> rows;
    for (const LayerShare& share : explanation.shares) {
        rows.push_back({{std::to_string(share.layer.value), Kind::row_heading, ""},
                        {fixed(share.dose), Kind::number, ""},
                        {fixed(share.share), Kind::number, ""}});
    }
    const std::vector<std::string> head = {"steered layer", "dose", "share of the effect"};
    return section("Which layer does it",
                   "<p>What each steered layer by itself does to the next word, as a share of what all do.</p>\n" +
                       html_table("Shares of the steered layers", head, rows));
}

std::string word_list(const char* title, const std::vector<WordChange>& words) {
    std::string html = std::string("<div><h3>") + title + "</h3><ol>";
    for (const WordChange& word : words)
        html += "<li>" + escape_html(word.word) + " <small>" + fixed(word.change) + "</small></li>";
    return html + "</ol></div>\n";
}

std::string words_section(const Explanation& explanation) {
    return section("Which words it promotes",
                   "<p>Mean change of the log-probability that a word comes next, after neutral beginnings, in "
                   "nats.</p>\n<div class=\"words\">\n" +
                       word_list("Likelier", explanation.promoted) + word_list("Less likely", explanation.suppressed) +
                       "</div>\n");
}

/// @param strongest  the projection that is coloured fully
std::string coloured(const TokenProjection& token, double dose, double strongest) {
    const double share = std::clamp(dose / strongest, -1.0, 1.0);
    return std::string("<span class=\"") + (share < 0 ? "away" : "toward") +
           "\" style=\"--share:" + fixed(std::abs(share)) + "\" title=\"" + fixed(dose) + "\">" +
           escape_html(shown(token.token)) + "</span>";
}

std::string texts_section(const Explanation& explanation) {
    if (explanation.texts.empty()) return "";
    double strongest = 0.1;
    for (const std::vector<TokenProjection>& text : explanation.texts) {
        for (const TokenProjection& token : text)
            strongest = std::max({strongest, std::abs(token.unsteered), std::abs(token.steered)});
    }
    std::string html;
    for (const std::vector<TokenProjection>& text : explanation.texts) {
        std::string unsteered;
        std::string steered;
        for (const TokenProjection& token : text) {
            unsteered += coloured(token, token.unsteered, strongest);
            steered += coloured(token, token.steered, strongest);
        }
        html += "<dl class=\"coloured\"><dt>unsteered</dt><dd>" + unsteered + "</dd><dt>steered</dt><dd>" + steered +
                "</dd></dl>\n";
    }
    return section("Where the concept is in a text",
                   "<p>Every token by its state's projection on the concept at layer " +
                       std::to_string(explanation.shown_layer.value) +
                       ", as a dose from the mean neutral state; the strongest here is " + fixed(strongest) +
                       ". Hover over a token for its value.</p>\n" + html);
}

}  // namespace

std::string explanation_to_json(const Explanation& explanation) { return to_json(explanation).dump(2) + "\n"; }

std::string render_explanation_html(const Explanation& explanation) {
    const Json chart = {{"layers", layers_to_json(explanation)}};
    const std::string styles = std::string(embedded::report_css()) + std::string(embedded::explanation_css());
    return html_head(explanation.vector + ": what it does", styles) + "<body><main>\n<h1>" +
           escape_html(explanation.vector) + "</h1>\n" + layers_section(explanation) + shares_section(explanation) +
           words_section(explanation) + texts_section(explanation) +
           "</main>\n<script type=\"application/json\" id=\"chart-data\">" + for_script(chart) + "</script>\n<script>" +
           std::string(embedded::chart_js()) + "</script>\n<script>" + std::string(embedded::explanation_js()) +
           "</script>\n</body></html>\n";
}

}  // namespace contrans
