#pragma once

#include <cstdlib>

#include "contrans/cluster/job.h"

namespace contrans {

/// The job of a process that no launcher started.
class LoneJob : public Job {
public:
    [[nodiscard]] Communicator& ranks() override { return process_; }
    [[nodiscard]] std::size_t ranks_here() const override { return 1; }
    [[nodiscard]] bool hears_another(std::chrono::milliseconds) override { return false; }
    void tell(std::size_t) override {}
    void await_end(int exit_code) override { std::_Exit(exit_code); }
    void abort(int exit_code) override { std::_Exit(exit_code); }

private:
    SingleProcess process_;
};

}  // namespace contrans
