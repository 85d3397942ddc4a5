#include "apps/cli/reload_signal.h"

#include <atomic>
#include <csignal>

namespace contrans::cli {
namespace {

std::atomic<bool> wished{false};
static_assert(std::atomic<bool>::is_always_lock_free, "it is written in a signal's handler");

extern "C" void note_wish(int) { wished = true; }

}  // namespace

void watch_for_reload() {
    struct sigaction action {};
    action.sa_handler = note_wish;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGHUP, &action, nullptr);
}

bool take_reload_wish() { return wished.exchange(false); }

}  // namespace contrans::cli
