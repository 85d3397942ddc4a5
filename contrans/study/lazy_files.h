#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "contrans/mapping/map_file.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/runtime/model.h"
#include "contrans/study/run_study.h"

namespace contrans {

/// A model that is loaded when the first step needs it.
class LazyModel {
public:
    LazyModel(std::filesystem::path file, const StudyOptions& options)
        : file_(std::move(file)), fingerprint_(read_model_identity(file_).fingerprint), options_(options) {}

    [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
    [[nodiscard]] std::shared_ptr<const Model> get() {
        const std::lock_guard lock(mutex_);
        if (!model_) model_ = options_.load(file_);
        return model_;
    }

private:
    std::filesystem::path file_;
    std::string fingerprint_;
    const StudyOptions& options_;
    std::mutex mutex_;
    std::shared_ptr<const Model> model_;
};

/// A map set that is read when the first step needs it.
class LazyMaps {
public:
    [[nodiscard]] const MapSet& get(const std::filesystem::path& file) {
        const std::lock_guard lock(mutex_);
        if (!maps_) maps_ = read_map_set(file);
        return *maps_;
    }

private:
    std::mutex mutex_;
    std::optional<MapSet> maps_;
};

}  // namespace contrans
