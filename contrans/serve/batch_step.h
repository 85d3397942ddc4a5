#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "contrans/runtime/engine.h"
#include "contrans/serve/slot_table.h"

namespace contrans {

/// One batch over the slots: chooses the rows, decodes them, and hands every slot what came out.
class BatchStep {
public:
    struct Limits {
        std::size_t batch_tokens = 0;
        std::size_t beside_answers = 0;
        std::size_t context_tokens = 0;  ///< of a slot
    };
    using BeforeDecode = std::function<void(std::span<const BatchRow>)>;
    /// Called when a request has ended by itself, before its slot is released.
    using OnEnd = std::function<void(const RunningRequest&)>;

    BatchStep(SlotTable& table, Engine& engine, Limits limits, BeforeDecode before_decode, OnEnd on_end);

    struct Counts {
        std::size_t rows = 0;
        std::size_t prompt_rows = 0;
        std::size_t generated = 0;
        std::size_t failed = 0;  ///< 1: the batch could not be decoded
    };
    /// There must be a running request.
    Counts run();

private:
    struct Place {
        Slot* slot = nullptr;
        std::size_t position = 0;
    };

    void choose_rows();
    void add_rows(Slot& slot, std::size_t tokens);
    [[nodiscard]] std::vector<LayerIndex> observed_layers() const;
    void see(LayerIndex layer, MatrixView points, std::span<const std::size_t> rows);
    void count_as_read();
    void hand_out(Counts& counts);
    /// Whether the slot's logits are still wanted: its steering may have been switched off while they were computed.
    [[nodiscard]] bool may_draw(Slot& slot);
    /// @return whether a token was drawn
    bool go_on(Slot& slot, std::size_t row);
    void finish_reading(Slot& slot);
    void after_failure(const std::string& reason);
    void fail(Slot& slot, const std::string& reason);
    void end(Slot& slot);

    SlotTable& table_;
    Engine& engine_;
    Limits limits_;
    BeforeDecode before_decode_;
    OnEnd on_end_;
    std::vector<Slot*> shared_;  // the slots of this batch
    std::vector<BatchRow> rows_;
    std::vector<Place> places_;                     // of each row
    std::vector<std::vector<double>> projections_;  // of each row, of its request's probes; empty: none wanted
};

}  // namespace contrans
