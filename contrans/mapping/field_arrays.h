#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "contrans/core/utf8.h"

namespace contrans {

// A list of structs is kept as one array a field: "contrans.entry.rows" holds the rows of all entries.

template <class Item, class Get>
std::vector<std::uint64_t> integers_of(const std::vector<Item>& items, Get get) {
    std::vector<std::uint64_t> values;
    for (const Item& item : items) values.push_back(get(item));
    return values;
}

template <class Item, class Get>
std::vector<double> numbers_of(const std::vector<Item>& items, Get get) {
    std::vector<double> values;
    for (const Item& item : items) values.push_back(get(item));
    return values;
}

/// Reads the fields of one list, holding all arrays to the length of the first.
class FieldReader {
public:
    FieldReader(const ArtefactReader& reader, const std::string& prefix, const std::string& first)
        : reader_(reader), prefix_(prefix), size_(reader.get_u64_array(prefix + first).size()) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool has(const std::string& field) const { return reader_.has(prefix_ + field); }
    [[nodiscard]] auto integers(const std::string& field) const {
        return checked(field, &ArtefactReader::get_u64_array);
    }
    [[nodiscard]] auto numbers(const std::string& field) const {
        return checked(field, &ArtefactReader::get_f64_array);
    }
    [[nodiscard]] auto strings(const std::string& field) const {
        return checked(field, &ArtefactReader::get_string_array);
    }

private:
    template <class Value>
    std::vector<Value> checked(const std::string& field,
                               std::vector<Value> (ArtefactReader::*get)(const std::string&) const) const {
        std::vector<Value> values = (reader_.*get)(prefix_ + field);
        if (values.size() != size_) {
            reader_.reject("key " + in_quotes(prefix_ + field), "must have " + std::to_string(size_) + " elements",
                           std::to_string(values.size()));
        }
        return values;
    }

    const ArtefactReader& reader_;
    std::string prefix_;
    std::size_t size_;
};

}  // namespace contrans
