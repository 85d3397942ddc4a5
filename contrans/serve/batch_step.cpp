#include "contrans/serve/batch_step.h"

#include <algorithm>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/serve/batch_plan.h"

namespace contrans {
namespace {

bool draws(const RunningRequest& request) { return request.answer != nullptr; }

bool answering(const Slot& slot) {
    return draws(*slot.running) && slot.pending() == 1 && slot.running->tokens.size() > slot.running->prompt_tokens;
}

std::vector<PendingSlot> pending_of(const std::vector<Slot>& slots) {
    std::vector<PendingSlot> pending;
    for (const Slot& slot : slots) {
        if (!slot.running) continue;
        const auto kind = answering(slot) ? PendingSlot::Kind::answering : PendingSlot::Kind::reading;
        pending.push_back({slot.sequence, slot.pending(), slot.running->arrival, kind});
    }
    return pending;
}

/// States are wanted of every position or of the last; the last block computes only rows that want logits.
bool wants_logits(const Slot& slot, std::size_t position, LayerIndex last_block) {
    if (position + 1 != slot.running->tokens.size()) return false;
    return draws(*slot.running) || slot.running->reader->request().layer == last_block;
}

std::span<const Probe> probes_of(const Slot& slot) {
    return draws(*slot.running) ? std::span(slot.running->answer->request().probes) : std::span<const Probe>{};
}

}  // namespace

BatchStep::BatchStep(SlotTable& table, Engine& engine, Limits limits, BeforeDecode before_decode, OnEnd on_end)
    : table_(table),
      engine_(engine),
      limits_(limits),
      before_decode_(std::move(before_decode)),
      on_end_(std::move(on_end)) {}

BatchStep::Counts BatchStep::run() {
    choose_rows();
    Counts counts;
    counts.rows = rows_.size();
    try {
        if (before_decode_) before_decode_(rows_);
        engine_.decode(
            rows_, observed_layers(),
            [this](LayerIndex layer, MatrixView points, std::span<const std::size_t> rows) {
                see(layer, points, rows);
            },
            ReadingDepth::whole);
    } catch (const std::exception& error) {
        counts.failed = 1;
        after_failure(error.what());
        return counts;
    }
    count_as_read();
    hand_out(counts);
    return counts;
}

void BatchStep::choose_rows() {
    rows_.clear();
    places_.clear();
    shared_.clear();
    std::vector<Slot>& slots = table_.slots();
    const auto suspect = std::ranges::find_if(
        slots, [](const Slot& slot) { return slot.running && slot.running->trust == RunningRequest::Trust::suspect; });
    if (suspect != slots.end()) {
        add_rows(*suspect, std::min(suspect->pending(), limits_.batch_tokens));
    } else {
        const BatchRoom room{limits_.batch_tokens, limits_.beside_answers};
        for (const auto& [slot, tokens] : plan_batch(pending_of(slots), room)) add_rows(slots[slot], tokens);
    }
    projections_.assign(rows_.size(), {});
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        if (rows_[row].wants_logits) projections_[row].resize(probes_of(*places_[row].slot).size());
    }
}

void BatchStep::add_rows(Slot& slot, std::size_t tokens) {
    const LayerIndex last_block{engine_.model().n_layers() - 1};
    shared_.push_back(&slot);
    for (std::size_t i = 0; i < tokens; ++i) {
        const std::size_t position = slot.content.size() + i;
        rows_.push_back({.token = slot.running->tokens[position],
                         .position = position,
                         .sequences = {slot.sequence},
                         .wants_logits = wants_logits(slot, position, last_block),
                         .steering = slot.running->plan_at(position)});
        places_.push_back({&slot, position});
    }
}

std::vector<LayerIndex> BatchStep::observed_layers() const {
    std::vector<LayerIndex> layers;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        const Slot& slot = *places_[row].slot;
        if (!draws(*slot.running)) layers.push_back(slot.running->reader->request().layer);
        if (!rows_[row].wants_logits) continue;
        for (const Probe& probe : probes_of(slot)) layers.push_back(probe.layer);
    }
    std::ranges::sort(layers);
    const auto repeated = std::ranges::unique(layers);
    layers.erase(repeated.begin(), repeated.end());
    return layers;
}

void BatchStep::see(LayerIndex layer, MatrixView points, std::span<const std::size_t> rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t row = rows[i];
        const Slot& slot = *places_[row].slot;
        if (!draws(*slot.running)) {
            StateReader& reader = *slot.running->reader;
            if (reader.request().layer == layer) reader.see(places_[row].position, points.row(i));
            continue;
        }
        const auto probes = probes_of(slot);
        for (std::size_t p = 0; p < projections_[row].size(); ++p) {
            if (probes[p].layer == layer) projections_[row][p] = dot(points.row(i), probes[p].direction);
        }
    }
}

void BatchStep::count_as_read() {
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        places_[row].slot->content.append(rows_[row].token, rows_[row].steering);
    }
}

void BatchStep::hand_out(Counts& counts) {
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        Slot& slot = *places_[row].slot;
        if (places_[row].position < slot.running->prompt_tokens) ++counts.prompt_rows;
        // The last row of a slot that has read all it has.
        if (places_[row].position + 1 != slot.running->tokens.size()) continue;
        slot.running->trust = RunningRequest::Trust::unharmed;
        if (!draws(*slot.running)) {
            finish_reading(slot);
        } else if (may_draw(slot) && go_on(slot, row)) {
            ++counts.generated;
        }
    }
}

bool BatchStep::may_draw(Slot& slot) {
    const auto off = slot.running->answer->switched_off();  // looked at once: it may change at any time
    if (off == WhenSwitchedOff::end) return false;          // ended before the next batch
    if (off) table_.unsteer(slot, engine_);
    return slot.pending() == 0;  // what was read unsteered from the beginning stays
}

bool BatchStep::go_on(Slot& slot, std::size_t row) {
    try {
        const std::size_t room = limits_.context_tokens - slot.content.size();
        const auto next = slot.running->answer->go_on(engine_.logits(row), std::move(projections_[row]), room);
        if (next) {
            slot.running->tokens.push_back(*next);
        } else {
            end(slot);
        }
        return true;
    } catch (const std::exception& error) {
        fail(slot, error.what());
        return false;
    }
}

void BatchStep::finish_reading(Slot& slot) {
    slot.running->reader->finish();
    end(slot);
}

void BatchStep::after_failure(const std::string& reason) {
    engine_.forget_all();
    table_.clear_contents();
    for (Slot& slot : table_.slots()) {
        if (slot.running && slot.running->reader) slot.running->reader->restart();
    }
    if (shared_.size() == 1) {
        fail(*shared_.front(), reason);
        return;
    }
    for (Slot* slot : shared_) slot->running->trust = RunningRequest::Trust::suspect;
}

void BatchStep::fail(Slot& slot, const std::string& reason) {
    if (draws(*slot.running)) {
        slot.running->answer->end(FinishReason::failed, reason);
    } else {
        slot.running->reader->fail(std::make_exception_ptr(Error(ErrorKind::model, reason)));
    }
    end(slot);
}

void BatchStep::end(Slot& slot) {
    on_end_(*slot.running);
    table_.release(slot);
}

}  // namespace contrans
