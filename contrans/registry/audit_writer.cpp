#include "contrans/registry/audit_writer.h"

#include <exception>
#include <iterator>
#include <utility>

namespace contrans {

AuditWriter::AuditWriter(Database database, AuditWriterOptions options)
    : database_(std::move(database)), options_(std::move(options)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

AuditWriter::~AuditWriter() {
    thread_.request_stop();
    thread_.join();
}

void AuditWriter::append(AuditEvent event) { push({{options_.clock(), std::move(event)}}); }

void AuditWriter::append_now(AuditEvent event) {
    std::promise<void> written;
    push({{options_.clock(), std::move(event)}, &written});
    written.get_future().get();
}

void AuditWriter::push(Waiting waiting) {
    const std::lock_guard lock(mutex_);
    in_a_hurry_ += waiting.written != nullptr ? 1U : 0U;
    waiting_.push_back(std::move(waiting));
    ++waiting_count_;
    changed_.notify_one();
}

void AuditWriter::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        gather(stop);
        write_batch();
    }
    gather(stop);
    if (!write_batch() && options_.on_trouble) {
        options_.on_trouble("audit: " + std::to_string(batch_.size()) + " records could not be written and are lost");
    }
}

/// Moves what waits into the batch, when it is time to write.
void AuditWriter::gather(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto hurry = [&] { return in_a_hurry_ > 0; };
    if (batch_.empty()) changed_.wait(lock, stop, [&] { return !waiting_.empty(); });
    changed_.wait_for(lock, stop, in_trouble_ ? options_.retry : options_.gather, hurry);
    batch_.insert(batch_.end(), std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
    waiting_.clear();
    in_a_hurry_ = 0;
}

bool AuditWriter::write_batch() {
    if (batch_.empty()) return true;
    std::vector<TimedEvent> events;
    for (const Waiting& each : batch_) events.push_back(each.timed);
    try {
        database_.write([&](soci::session& session) { append_audit(session, events); });
    } catch (const Error& error) {
        failed(error);
        return false;
    } catch (const std::exception& error) {
        failed(Error(ErrorKind::io, error.what()));
        return false;
    }
    for (const Waiting& each : batch_) {
        if (each.written != nullptr) each.written->set_value();
    }
    waiting_count_ -= batch_.size();
    batch_.clear();
    in_trouble_ = false;
    return true;
}

/// Those that somebody waits for are given back; the others are kept for the next try.
void AuditWriter::failed(const Error& failure) {
    waiting_count_ -= std::erase_if(batch_, [&](const Waiting& each) {
        if (each.written != nullptr) each.written->set_exception(std::make_exception_ptr(failure));
        return each.written != nullptr;
    });
    const bool known = std::exchange(in_trouble_, true);
    if (known || !options_.on_trouble) return;
    options_.on_trouble(std::string("audit: ") + failure.what() + "; records are kept and tried again");
}

}  // namespace contrans
