#include "apps/cli/config_file.h"

#include <fstream>
#include <string>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans::cli {
namespace {

/// Where a setting stands, for messages.
std::string place_of(const std::filesystem::path& file, const CLI::ConfigItem& item) {
    return file.string() + ": " + printable(item.fullname());
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

void set_flag(CLI::Option& option, const CLI::ConfigItem& item, const std::string& place) {
    const std::string value = item.inputs.size() == 1 ? item.inputs.front() : "";
    if (value != "true" && value != "false") throw Error(ErrorKind::format, place + ": must be true or false");
    if (value == "false") return;
    option.add_result(value);
    option.run_callback();
}

void set_values(CLI::Option& option, const CLI::ConfigItem& item, const std::string& place) try {
    for (const std::string& value : item.inputs) option.add_result(value);
    option.run_callback();
} catch (const CLI::ParseError& error) {
    throw Error(ErrorKind::format, place + ": " + printable(error.what()));
}

void apply(CLI::App& command, const CLI::ConfigItem& item, const std::string& place) {
    CLI::Option* option = item.parents.empty() ? command.get_option_no_throw("--" + item.name) : nullptr;
    if (option == nullptr || !option->get_configurable()) {
        throw Error(ErrorKind::format,
                    place + ": is no option of this command (see contrans " + command.get_name() + " --help)");
    }
    if (option->count() > 0) return;  // typed
    is_flag(*option) ? set_flag(*option, item, place) : set_values(*option, item, place);
}

}  // namespace

void apply_config_file(CLI::App& command, const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in || std::filesystem::is_directory(file)) throw Error(ErrorKind::io, file.string() + ": cannot be opened");
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(in)) {
        if (item.name == "++" || item.name == "--") continue;  // where CLI11 enters and leaves a section
        apply(command, item, place_of(file, item));
    }
}

}  // namespace contrans::cli
