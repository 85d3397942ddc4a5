#pragma once

#include <exception>
#include <string>

#include "apps/server/request_error.h"
#include "gtest/gtest.h"

namespace contrans::testing {

/// What a refusal must say.
struct Refusal {
    int status = 400;
    std::string param;
    std::string part = "";  ///< stands in the message
};

/// Whether `call` throws RequestError with that status and field, and a message of one line that holds the part.
template <class Call>
::testing::AssertionResult refuses(const Refusal& expected, Call&& call) {
    try {
        call();
    } catch (const server::RequestError& error) {
        const std::string text = error.what();
        const bool fits = error.status() == expected.status && error.param() == expected.param &&
                          text.find(expected.part) != std::string::npos && text.find('\n') == std::string::npos;
        if (fits) return ::testing::AssertionSuccess();
        return ::testing::AssertionFailure() << error.status() << " at \"" << error.param() << "\": " << text;
    } catch (const std::exception& error) {
        return ::testing::AssertionFailure() << "not a RequestError: " << error.what();
    }
    return ::testing::AssertionFailure() << "nothing was thrown";
}

}  // namespace contrans::testing
