#pragma once

namespace contrans::server {

/// Whose answers are measured along the concepts that steer them (docs/monitoring.md).
enum class Monitor { rollouts, all };

}  // namespace contrans::server
