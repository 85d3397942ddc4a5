#pragma once

namespace contrans::cli {

/// From here on SIGHUP is a wish to read settings anew; without it the signal ends the program.
void watch_for_reload();
/// Whether it came since the last call.
[[nodiscard]] bool take_reload_wish();

}  // namespace contrans::cli
