#include "contrans/core/progress.h"

#include "contrans/core/error.h"

namespace contrans {

void RunContext::begin(std::string_view label, std::string_view unit, std::size_t total) const {
    throw_if_stopped();
    if (progress != nullptr) progress->begin(label, unit, total);
}

void RunContext::advance(std::size_t done) const {
    throw_if_stopped();
    if (progress != nullptr) progress->advance(done);
}

void RunContext::found(std::size_t units) const {
    if (progress != nullptr) progress->found(units);
}

void RunContext::end() const {
    if (progress != nullptr) progress->end();
}

void RunContext::throw_if_stopped() const {
    if (stop.stop_requested()) throw Error(ErrorKind::interrupted, "interrupted: nothing was written");
}

void ProgressPart::begin(std::string_view, std::string_view, std::size_t total) {
    done_ += total_;
    total_ = total;
}

void ProgressPart::advance(std::size_t done) { whole_.advance(done_ + done); }

}  // namespace contrans
