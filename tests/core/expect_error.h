#pragma once

#include <exception>
#include <string>
#include <vector>

#include "contrans/core/error.h"
#include "gtest/gtest.h"

namespace contrans::testing {

/// Whether `call` throws Error of that kind, on one line that holds every part given.
template <class Call>
::testing::AssertionResult throws_error(ErrorKind kind, const std::vector<std::string>& parts, Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        const std::string text = error.what();
        if (error.kind() != kind) return ::testing::AssertionFailure() << "another kind: " << text;
        if (text.find('\n') != std::string::npos) return ::testing::AssertionFailure() << "several lines: " << text;
        for (const std::string& part : parts) {
            if (text.find(part) == std::string::npos) {
                return ::testing::AssertionFailure() << "no \"" << part << "\" in: " << text;
            }
        }
        return ::testing::AssertionSuccess();
    } catch (const std::exception& error) {
        return ::testing::AssertionFailure() << "not our Error: " << error.what();
    }
    return ::testing::AssertionFailure() << "nothing was thrown";
}

}  // namespace contrans::testing
