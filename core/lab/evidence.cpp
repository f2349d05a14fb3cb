// See evidence.h.
#include "core/lab/evidence.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "core/lab/given_files.h"
#include "core/lab/json_members.h"
#include "core/lab/json_text.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t longest = 4000;  // of a text in a file of evidence
constexpr double most_of_a_seed = 1e15;

std::string short_number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", x);
  return text;
}

ordered_json number_or_null(double x) { return std::isfinite(x) ? ordered_json(x) : ordered_json(nullptr); }

ordered_json judged_json(const JudgedClaim& judged) {
  ordered_json item;
  item["claim"] = judged.text;
  item["source"] = judged.source;
  item["preset"] = judged.preset;
  item["metric"] = judged.metric;
  item["measured"] = judged.measured;
  item["predicted"] = judged.predicted;
  item["mean"] = judged.mean ? ordered_json(*judged.mean) : ordered_json(nullptr);
  item["interval"] = nullptr;
  if (judged.interval) item["interval"] = ordered_json::array({judged.interval->low, judged.interval->high});
  item["seeds"] = judged.seeds;
  item["values"] = ordered_json::array();
  for (const double value : judged.values) item["values"].push_back(number_or_null(value));
  item["verdict"] = to_string(judged.verdict);
  item["reason"] = judged.reason;
  item["commit"] = judged.commit;
  item["command"] = judged.command;
  return item;
}

bool number_or_nothing(const json& value) { return value.is_number() || value.is_null(); }

double number_of(const json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

// One object of an array of evidence.
JudgedClaim read_judged(const json& object, const std::string& path, std::string_view where,
                        std::vector<Problem>& problems) {
  JudgedClaim judged;
  Members members(object, path, where, problems);
  const auto text = [&](const char* key, std::string& field) {
    members.missing(key);
    members.text(key, field, longest, false);
  };
  text("claim", judged.text);
  text("source", judged.source);
  text("preset", judged.preset);
  text("metric", judged.metric);
  text("measured", judged.measured);
  text("predicted", judged.predicted);
  text("reason", judged.reason);
  text("commit", judged.commit);
  text("command", judged.command);
  for (const char* key : {"mean", "interval", "seeds", "values", "verdict"}) members.missing(key);
  if (const json* mean = members.member("mean"); mean != nullptr && mean->is_number()) {
    judged.mean = mean->get<double>();
  } else if (mean != nullptr && !mean->is_null()) {
    members.wrong("mean", *mean, "a number or null");
  }
  if (const json* interval = members.member("interval"); interval != nullptr && !interval->is_null()) {
    if (interval->is_array() && interval->size() == 2 && (*interval)[0].is_number() && (*interval)[1].is_number()) {
      judged.interval = Interval{(*interval)[0].get<double>(), (*interval)[1].get<double>()};
    } else {
      members.wrong("interval", *interval, "[low, high] or null");
    }
  }
  const json* seeds = members.member("seeds");
  const json* values = members.member("values");
  if (seeds != nullptr && values != nullptr) {
    const auto whole = [](const json& seed) {
      return seed.is_number_integer() && seed.get<double>() >= 0 && seed.get<double>() <= most_of_a_seed;
    };
    if (!seeds->is_array() || !std::all_of(seeds->begin(), seeds->end(), whole)) {
      members.wrong("seeds", *seeds, "an array of whole numbers");
    } else if (!values->is_array() || values->size() != seeds->size() ||
               !std::all_of(values->begin(), values->end(), number_or_nothing)) {
      members.wrong("values", *values, "an array of numbers and null, one a seed");
    } else {
      judged.seeds = seeds->get<std::vector<std::int64_t>>();
      for (const json& value : *values) judged.values.push_back(number_of(value));
    }
  }
  if (const json* verdict = members.member("verdict"); verdict != nullptr) {
    bool known = false;
    for (const Verdict one : {Verdict::reproduced, Verdict::refuted, Verdict::undecided}) {
      if (*verdict != to_string(one)) continue;
      judged.verdict = one;
      known = true;
    }
    if (!known) members.wrong("verdict", *verdict, "reproduced, refuted or undecided");
  }
  return judged;
}

// Text within a cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '>' || c == '*' || c == '_' || c == '`' || c == '[' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::vector<fs::path> entries_by_name(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

void read_folder(const fs::path& folder, const std::string& apart, Evidence& evidence) {
  std::error_code error;
  for (const fs::path& path : entries_by_name(folder)) {
    if (path.extension() != ".json" || !fs::is_regular_file(path, error)) continue;
    const auto text = read_given_file(path, max_json_bytes);
    auto read = text ? read_evidence(*text.value, path.string()) : text.problems;
    evidence.problems.insert(evidence.problems.end(), read.problems.begin(), read.problems.end());
    if (!read) continue;
    for (JudgedClaim& judged : *read.value) {
      judged.apart = apart;
      evidence.claims.push_back(std::move(judged));
    }
  }
}

}  // namespace

std::string evidence_json(const std::vector<JudgedClaim>& judged) {
  ordered_json array = ordered_json::array();
  for (const JudgedClaim& claim : judged) array.push_back(judged_json(claim));
  return print_json(array);
}

Result<std::vector<JudgedClaim>> read_evidence(std::string_view text, std::string_view where) {
  const Result<json> parsed = parse_json(text, where);
  if (!parsed) return parsed.problems;
  if (!parsed.value->is_array()) {
    return std::vector<Problem>{{std::string(where), shown(*parsed.value), "an array of judged claims"}};
  }
  std::vector<JudgedClaim> read;
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < parsed.value->size() && problems.size() < max_problems; ++i) {
    const std::string path = "[" + std::to_string(i) + "]";
    const json& item = (*parsed.value)[i];
    if (item.is_object()) {
      read.push_back(read_judged(item, path, where, problems));
    } else {
      problems.push_back({at(where, path), shown(item), "an object"});
    }
  }
  if (!problems.empty()) return problems;
  return read;
}

std::string evidence_markdown(const std::vector<JudgedClaim>& judged) {
  std::string table =
      "| claim | source | preset | measured | predicted | mean, 95 % interval | seeds | verdict |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const JudgedClaim& claim : judged) {
    const std::string verdict =
        std::string(to_string(claim.verdict)) + (claim.reason.empty() ? "" : ": " + cell(claim.reason));
    table += "| " + cell(claim.text) + " | " + cell(claim.source) + " | " + cell(claim.preset) + " | " +
             cell(claim.measured) + " | " + cell(claim.predicted) + " | " + cell(mean_text(claim)) + " | " +
             seeds_text(claim.seeds) + " | " + verdict + " |\n";
  }
  return table;
}

std::string mean_text(const JudgedClaim& judged) {
  if (!judged.mean) return "-";
  std::string text = short_number(*judged.mean);
  if (judged.interval)
    text += " [" + short_number(judged.interval->low) + ", " + short_number(judged.interval->high) + "]";
  return text;
}

std::string seeds_text(const std::vector<std::int64_t>& seeds) {
  if (seeds.empty()) return "none";
  const auto gap = [](std::int64_t a, std::int64_t b) { return b - a != 1; };
  const bool in_a_row = std::adjacent_find(seeds.begin(), seeds.end(), gap) == seeds.end();
  if (seeds.size() > 2 && in_a_row) return number_text(seeds.front()) + " to " + number_text(seeds.back());
  std::string text;
  for (const std::int64_t seed : seeds) text += (text.empty() ? "" : ", ") + number_text(seed);
  return text;
}

Evidence load_evidence(const fs::path& folder) {
  Evidence evidence;
  read_folder(folder, "", evidence);
  std::error_code error;
  for (const fs::path& path : entries_by_name(folder)) {
    if (!fs::is_directory(path, error)) continue;
    std::string apart = path.filename().string();
    if (const std::size_t dash = apart.find('-'); dash != std::string::npos) apart[dash] = ' ';
    read_folder(path, apart, evidence);
  }
  return evidence;
}

}  // namespace tessera
