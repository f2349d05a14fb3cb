// The text of a run's figures, to the byte: the headers and rows of the files in its folder (recorder.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/lab/metric.h"
#include "core/lab/session.h"

namespace tessera {

// The first lines of the files that only grow.
inline constexpr const char* scalars_header = "step,name,value\n";
inline constexpr const char* timing_header = "step,seconds,steps_per_s,memory_bytes\n";
std::string matrix_header(const MetricSpec&);

// With their line feeds.
std::string scalar_row(std::int64_t step, const std::string& name, double value);
std::string matrix_row(const Matrix&);

// The step of a row of scalars.csv or timing.csv, and of a matrix; -1 for a header, or what is no row.
std::int64_t csv_step(std::string_view line);
std::int64_t matrix_step(std::string_view line);

// What scalars.csv holds for the run of a snapshot.
std::string scalars_csv(const Snapshot& snapshot);

}  // namespace tessera
