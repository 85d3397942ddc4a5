#include <string>
#include <string_view>
#include <vector>

#include "apps/server/concept_query.h"
#include "apps/server/error_answer.h"
#include "apps/server/json_body.h"
#include "apps/server/routes.h"
#include "contrans/core/utf8.h"
#include "contrans/transplant/conflict_matrix.h"

namespace contrans::server {
namespace {

std::vector<ControlVector> vectors_of(const ConceptShelf& shelf, const std::vector<std::string>& names) {
    std::vector<ControlVector> vectors;
    for (const std::string& name : names) {
        const auto served = shelf.find(name);
        if (!served) {
            throw RequestError(404, "invalid_request_error", "concepts", "there is no concept " + in_quotes(name),
                               "concept_not_found");
        }
        vectors.push_back(served->vector);
    }
    return vectors;
}

Json table_json(const CosineTable& table) {
    Json rows = Json::array();
    for (const auto& row : table) {
        Json cells = Json::array();
        for (const std::optional<double>& cosine : row) cells.push_back(cosine ? Json(*cosine) : Json());
        rows.push_back(std::move(cells));
    }
    return rows;
}

}  // namespace

void show_conflicts(const Service& service, Exchange& exchange, RequestRecord&) {
    const std::vector<std::string> names = parse_concept_query(exchange.request().query);
    const CosineTable cosines = raw_cosines(vectors_of(service.shelf, names));
    exchange.respond({200, dump(Json{{"concepts", names}, {"cosines", table_json(cosines)}}) + "\n"});
}

}  // namespace contrans::server
