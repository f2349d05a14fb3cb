// CSV: scalars as they are recorded and as a table, what was changed, and a file for each matrix.
#include <charconv>
#include <cmath>

#include "app/export/export.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

// step,name,value: to the byte what the recorder writes.
void write_scalars(const Figures& figures, Output& output) {
  const std::vector<std::size_t> metrics = scalars_of(figures);
  std::vector<std::string> names;
  for (const std::size_t metric : metrics) names.push_back(csv_field(figures.description->metrics[metric].name));
  output.write("step,name,value\n");
  for_each_step(figures, metrics, [&](std::int64_t step, std::span<const double* const> values) {
    const std::string start = number_text(step) + ',';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i]) output.write(start + names[i] + ',' + number_text(*values[i]) + '\n');
    }
  });
}

// A row a step, a column a metric; empty where there is no point.
void write_table(const Figures& figures, Output& output) {
  const std::vector<std::size_t> metrics = scalars_of(figures);
  std::string line = "step";
  for (const std::size_t metric : metrics) line += ',' + csv_field(figures.description->metrics[metric].name);
  output.write(line + '\n');
  for_each_step(figures, metrics, [&](std::int64_t step, std::span<const double* const> values) {
    line = number_text(step);
    for (const double* value : values) line += value ? ',' + number_text(*value) : ",";
    output.write(line + '\n');
  });
}

void write_changes(const Figures& figures, Output& output) {
  output.write("step,parameter,value,ramp\n");
  for (const Intervention& change : figures.timeline) {
    output.write(number_text(change.step) + ',' + csv_field(change.path) + ',' + csv_field(to_string(change.value)) +
                 ',' + number_text(change.ramp) + '\n');
  }
}

// A row for each row of each frame; empty where there is no value.
void write_matrix(const Figures& figures, std::size_t metric, Output& output) {
  const MetricSpec& spec = figures.description->metrics[metric];
  const auto& frames = figures.frames[metric];
  int rows = 0, columns = 0;
  for (const auto& frame : frames) {
    rows = std::max(rows, frame->rows);
    columns = std::max(columns, frame->columns);
  }
  std::string line = "step," + csv_field(spec.axes[0].title.empty() ? "row" : spec.axes[0].title);
  for (const std::string& label : axis_labels(spec.axes[1], columns)) line += ',' + csv_field(label);
  output.write(line + '\n');
  const std::vector<std::string> names = axis_labels(spec.axes[0], rows);
  for (const auto& frame : frames) {
    for (int row = 0; row < frame->rows; ++row) {
      line = number_text(frame->step) + ',' + csv_field(names[static_cast<std::size_t>(row)]);
      for (int column = 0; column < frame->columns; ++column) {
        line += ',';
        const float value = frame->at(row, column);
        char text[32];
        if (!std::isnan(value)) line.append(text, std::to_chars(text, text + sizeof text, value).ptr);
      }
      output.write(line + '\n');
    }
  }
}

}  // namespace

std::vector<ExportFile> csv_files(const FiguresPtr& figures) {
  const auto file = [&](const char* name, void (*write)(const Figures&, Output&)) {
    return ExportFile{name, [figures, write](Output& output) { write(*figures, output); }};
  };
  std::vector<ExportFile> files = {file("scalars.csv", write_scalars), file("table.csv", write_table),
                                   file("changes.csv", write_changes)};
  const std::vector<std::size_t> matrices = matrices_of(*figures);
  std::vector<std::string> names;
  for (const std::size_t metric : matrices) names.push_back(figures->description->metrics[metric].name);
  const std::vector<std::string> stems = file_stems(names);
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    files.push_back({"matrices/" + stems[i] + ".csv",
                     [figures, metric = matrices[i]](Output& output) { write_matrix(*figures, metric, output); }});
  }
  return files;
}

}  // namespace tessera
