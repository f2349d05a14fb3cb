// Finding what a panel shows among the metrics of a run, and what those metrics say. No drawing in here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/lab/session.h"

namespace tessera {

// The families of matrix metrics (rank 2) whose name is `prefix` or starts with it and "_", in the order declared.
std::vector<std::string> matrix_families(const Description&, std::string_view prefix);

// The families of scalar metrics, in the order declared.
std::vector<std::string> scalar_families(const Description&);

// Index of the metric of that family, layer (-1: of no layer) and rank.
std::optional<std::size_t> find_metric(const Description&, std::string_view family, int layer, int rank);

// Index of the metric of that name, "accuracy_matrix/task_il".
std::optional<std::size_t> metric_named(const Description&, std::string_view name);

// The newest point of a scalar metric, and its value; nothing until there is one. A measurement that gave no number
// left no point.
std::optional<Point> last_point(const Snapshot&, std::optional<std::size_t> metric);
std::optional<double> last_value(const Snapshot&, std::optional<std::size_t> metric);

// The newest matrix of a metric; null until there is one.
const Matrix* newest(const Snapshot&, std::optional<std::size_t> metric);

// "co_activation" -> "co activation"; what a combo shows of a family's name.
std::string words(std::string_view name);

// What a family is called: its metrics' title without the layer, "load CV" of "load CV, layer 0"; where that says
// nothing of all of them (train accuracy, test accuracy), the family's name in words.
std::string family_title(const Description&, std::string_view family);

// Rows without a single number: experts that did nothing. Of a matrix experts x anything.
std::vector<bool> empty_rows(const Matrix&);

// Rows of a square matrix with a number in their own column and in no other: the last expert that is alive.
std::vector<bool> lone_rows(const Matrix&);

// Mean of each row of a square matrix over the other columns that have a value; NaN where there is none.
std::vector<float> row_means_without_diagonal(const Matrix&);

// Each row's share of the sum of all, NaN taken for 0; all zeros when there is nothing to share.
std::vector<float> row_shares(const Matrix&);

// Columns divided by their sums (NaN taken for 0): how each column is made up of rows. A column of zeros stays zeros.
std::vector<float> column_shares(const Matrix&);

// "expert 3, 5 and 7": names without repeating the word they share. Empty for none.
std::string joined(const std::vector<std::string>& names);

}  // namespace tessera
