// See verdict_table.h.
#include "app/commands/verdict_table.h"

#include <algorithm>

#include "core/lab/evidence.h"

namespace tessera::commands {
namespace {

// Letters, where a byte may be the rest of one.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Lines of at most `most` letters, cut between words; a longer word stays whole.
std::vector<std::string> wrapped(const std::string& text, std::size_t most) {
  std::vector<std::string> lines = {""};
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    if (!lines.back().empty() && width(lines.back()) + 1 + width(word) > most) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    start = end + 1;
  }
  return lines;
}

using Row = std::vector<std::vector<std::string>>;  // cells of lines

}  // namespace

std::string verdict_table(const std::vector<JudgedClaim>& judged) {
  constexpr std::size_t most[] = {44, 32, 14, 30, 12, 10};
  const std::vector<std::vector<std::string>> header = {
      {"claim", "measured", "predicted", "mean [95 % interval]", "seeds", "verdict"}};
  std::vector<Row> rows;
  const auto add = [&](const std::vector<std::string>& cells) {
    Row row;
    for (std::size_t i = 0; i < cells.size(); ++i) row.push_back(wrapped(cells[i], most[i]));
    rows.push_back(std::move(row));
  };
  add(header[0]);
  for (const JudgedClaim& claim : judged) {
    add({claim.text, claim.measured, claim.predicted, mean_text(claim), seeds_text(claim.seeds),
         to_string(claim.verdict)});
  }
  std::vector<std::size_t> widths(std::size(most), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      for (const std::string& line : row[i]) widths[i] = std::max(widths[i], width(line));
    }
  }
  std::string table;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::size_t height = 0;
    for (const auto& cell : rows[r]) height = std::max(height, cell.size());
    for (std::size_t line = 0; line < height; ++line) {
      std::string text;
      for (std::size_t i = 0; i < rows[r].size(); ++i) {
        const std::string part = line < rows[r][i].size() ? rows[r][i][line] : "";
        text += part + std::string(widths[i] - width(part) + 2, ' ');
      }
      table += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
    }
    if (r > 0 && !judged[r - 1].reason.empty()) table += "  undecided: " + judged[r - 1].reason + "\n";
  }
  return table;
}

}  // namespace tessera::commands
