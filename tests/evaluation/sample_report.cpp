// Writes a made-up report, to look at the page: evaluation_sample_report REPORT.html REPORT.json
#include <iostream>

#include "contrans/core/atomic_file.h"
#include "contrans/evaluation/report_html.h"
#include "contrans/evaluation/report_json.h"
#include "contrans/evaluation/table.h"
#include "tests/evaluation/report_fixture.h"

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const contrans::EvaluationReport report = contrans::testing::sample_report();
    contrans::write_text_file(argv[1], contrans::render_report_html(report));
    contrans::write_report(report, argv[2]);
    std::cout << contrans::render_table(report);
}
