#pragma once

#include <stdexcept>
#include <string>

namespace contrans {

/// What went wrong, coarse enough to become an exit code.
enum class ErrorKind {
    argument,     ///< the caller asked for something that does not exist or does not fit
    io,           ///< a file could not be opened, read, written or renamed
    format,       ///< a file's content breaks a rule
    model,        ///< the model cannot do what was asked
    numeric,      ///< a computation has no usable result
    interrupted,  ///< the caller asked to stop
};

/// The only exception the library throws. The text is one line: operation, place, rule, value received.
class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
    [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

private:
    ErrorKind kind_;
};

}  // namespace contrans
