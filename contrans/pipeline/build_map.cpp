#include "contrans/pipeline/build_map.h"

#include "contrans/mapping/map_statistics.h"

namespace contrans {

MapSet build_map(const std::shared_ptr<const Model>& source, const std::shared_ptr<const Model>& target,
                 std::span<const std::string> texts, const MapRequest& request, const RunContext& context) {
    const ModelStateReader source_reader(source);
    const ModelStateReader target_reader(target);
    return fit_maps(*gather_statistics({source_reader, target_reader}, texts, request, alone(), context), request.fits,
                    context);
}

}  // namespace contrans
