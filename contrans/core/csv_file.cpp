#include "contrans/core/csv_file.h"

#include <csv.h>

#include <exception>
#include <optional>
#include <string_view>
#include <utility>

namespace contrans {
namespace {

/// libcsv's parser, fed line by line. Its callbacks only collect: a record is handed on when its line is through.
class RecordParser {
public:
    RecordParser() { csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI); }
    ~RecordParser() { csv_free(&parser_); }
    RecordParser(const RecordParser&) = delete;
    RecordParser& operator=(const RecordParser&) = delete;

    /// Whether the line could be read.
    bool feed(std::string_view line) {
        const bool read = csv_parse(&parser_, line.data(), line.size(), &on_field, &on_record, this) == line.size() &&
                          csv_parse(&parser_, "\n", 1, &on_field, &on_record, this) == 1;
        raise();
        return read;
    }
    /// Whether the file may end here.
    bool finish() {
        const bool ended = csv_fini(&parser_, &on_field, &on_record, this) == 0;
        raise();
        return ended;
    }
    /// The record that the last line ended; nothing within a quoted field that goes on.
    std::optional<std::vector<std::string>> take() {
        if (!complete_) return std::nullopt;
        complete_ = false;
        return std::exchange(fields_, {});
    }

private:
    static void on_field(void* text, std::size_t size, void* self) noexcept {
        auto& parser = *static_cast<RecordParser*>(self);
        try {
            parser.fields_.emplace_back(static_cast<const char*>(text), size);
        } catch (...) {
            parser.caught_ = std::current_exception();
        }
    }
    static void on_record(int, void* self) noexcept { static_cast<RecordParser*>(self)->complete_ = true; }
    void raise() {
        if (caught_) std::rethrow_exception(std::exchange(caught_, nullptr));
    }

    csv_parser parser_{};
    std::vector<std::string> fields_;
    bool complete_ = false;
    std::exception_ptr caught_;
};

}  // namespace

void read_csv_records(
    const std::filesystem::path& file,
    const std::function<void(const std::vector<std::string>& fields, const LinePlace& place)>& visit) {
    LineReader lines(file);
    RecordParser parser;
    std::optional<LinePlace> begun;
    std::size_t bytes = 0;  // of the record so far
    while (const auto line = lines.next()) {
        if (!begun && line->empty()) continue;
        if (!begun) begun = lines.place();
        bytes += line->size() + 1;
        if (bytes > LineReader::kMaxLineBytes)
            reject_line(*begun, "a record must be at most " + std::to_string(LineReader::kMaxLineBytes) + " bytes", "");
        if (!parser.feed(*line)) reject_line(*begun, "quotes must enclose a whole field and be doubled within it", "");
        if (const auto record = parser.take()) {
            visit(*record, *std::exchange(begun, std::nullopt));
            bytes = 0;
        }
    }
    if (!parser.finish()) reject_line(begun.value_or(lines.place()), "a quoted field must be closed", "");
}

}  // namespace contrans
