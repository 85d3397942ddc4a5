#include "contrans/rollout/rollout_status.h"

namespace contrans {

std::string_view to_string(RolloutState state) {
    switch (state) {
        case RolloutState::planned:
            return "planned";
        case RolloutState::running:
            return "running";
        case RolloutState::rolled_back:
            return "rolled_back";
    }
    return "";
}

}  // namespace contrans
