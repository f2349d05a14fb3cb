// The figures of a run's folder (recorder.h), row by row, in the memory that a row needs (core/lab/line_reader.h). A
// last line that was cut off is left out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/lab/metric.h"
#include "core/lab/problem.h"

namespace tessera {

// scalars.csv, in its order. What can't be read is a problem; so is what `row` throws as InputError.
std::vector<Problem> read_scalars(
    const std::filesystem::path& file,
    const std::function<void(std::int64_t step, const std::string& name, double value)>& row);

// A file of matrices: the metric that its first line names, then each matrix. Whatever the file holds, a matrix has as
// many values as rows times columns.
std::vector<Problem> read_matrices(const std::filesystem::path& file,
                                   const std::function<void(const std::string& metric)>& header,
                                   const std::function<void(Matrix)>& frame);

}  // namespace tessera
