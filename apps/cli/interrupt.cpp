#include "apps/cli/interrupt.h"

#include <csignal>
#include <initializer_list>

#include <unistd.h>

#include "apps/cli/exit_code.h"

namespace contrans::cli {
namespace {

constexpr std::initializer_list<int> kSignals{SIGINT, SIGTERM};

pthread_t waiting_thread;  // set before any handler is installed

sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : kSignals) sigaddset(&set, number);
    return set;
}

// Threads that began before main (OpenBLAS starts its own as it is loaded) do not block the signals.
extern "C" void forward_to_waiter(int number) { pthread_kill(waiting_thread, number); }

void install_forwarding() {
    struct sigaction action {};
    action.sa_handler = forward_to_waiter;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (const int number : kSignals) sigaction(number, &action, nullptr);
}

}  // namespace

InterruptWatch::InterruptWatch() {
    const sigset_t set = watched_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    waiter_ = std::thread([this] { wait_for_signals(); });
    waiting_thread = waiter_.native_handle();
    install_forwarding();
}

InterruptWatch::~InterruptWatch() {
    closing_ = true;
    for (const int number : kSignals) std::signal(number, SIG_IGN);
    pthread_kill(waiter_.native_handle(), SIGTERM);
    waiter_.join();
}

void InterruptWatch::wait_for_signals() {
    const sigset_t set = watched_signals();
    for (int number = 0; sigwait(&set, &number) == 0 && !closing_;) {
        if (!stop_.request_stop()) _exit(static_cast<int>(ExitCode::interrupted));
    }
}

}  // namespace contrans::cli
