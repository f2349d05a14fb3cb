// See json_text.h.
#include "core/lab/json_text.h"

#include <algorithm>
#include <cmath>

#include "core/lab/text.h"

namespace tessera {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// Builds the value while it is read. Returning false from an event ends the reading.
class Builder : public nlohmann::json_sax<json> {
 public:
  Builder(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // never in text
  bool start_object(std::size_t) override { return open(json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (open_.back()->contains(name)) problems.push_back({path(name), "this key is given twice", "once"});
    keys_.back() = std::move(name);
    return problems.size() < 100;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception& error) override {
    const std::string_view before = text_.substr(0, std::min(position == 0 ? 0 : position - 1, text_.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto column = before.size() - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    std::string_view what = error.what();
    for (const std::string_view skipped : {"] ", "parse error at line ", ": "}) {
      if (const auto at = what.find(skipped); at != std::string_view::npos) {
        what.remove_prefix(skipped == "parse error at line " ? at : at + skipped.size());
      }
    }
    problems.push_back(
        {where_ + ": line " + std::to_string(line) + ", column " + std::to_string(column), printable(what), ""});
    return false;
  }

  json root;
  std::vector<Problem> problems;

 private:
  std::string path(const std::string& last) const {
    std::string out;
    for (std::size_t i = 0; i + 1 < keys_.size(); ++i) out += printable(keys_[i]) + ".";
    return where_ + ": " + out + printable(last);
  }

  json* place(json&& value) {
    if (open_.empty()) {
      root = std::move(value);
      return &root;
    }
    json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    json& member = parent[keys_.back()];
    member = std::move(value);
    return &member;
  }

  bool put(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json&& container) {
    if (open_.size() >= static_cast<std::size_t>(max_json_depth)) {
      problems.push_back({path(keys_.back()), "nested deeper than " + std::to_string(max_json_depth) + " levels", ""});
      return false;
    }
    const bool array = container.is_array();
    open_.push_back(place(std::move(container)));
    keys_.push_back(array ? "[]" : "");
    return true;
  }

  bool close() {
    open_.pop_back();
    keys_.pop_back();
    return true;
  }

  std::string_view text_;
  std::string where_;
  std::vector<json*> open_;        // parents outlive their open child: only the last of an array is ever open
  std::vector<std::string> keys_;  // of each open object the key under way
};

bool plain(const ordered_json& value) { return !value.is_structured() || value.empty(); }

bool one_line(const ordered_json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), plain) && value.dump().size() < 100;
}

class Printer {
 public:
  std::string out;

  void print(const ordered_json& value, std::size_t indent, bool flat) {
    if (value.is_number_float()) {
      out += std::isfinite(value.get<double>()) ? number_text(value.get<double>()) : "null";
    } else if (!value.is_structured()) {
      out += value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    } else if (value.is_object()) {
      print_items(value, '{', '}', indent, flat);
    } else {
      print_items(value, '[', ']', indent, flat || one_line(value));
    }
  }

 private:
  void print_items(const ordered_json& value, char open, char close, std::size_t indent, bool flat) {
    out += open;
    bool first = true;
    for (const auto& [key, item] : value.items()) {
      if (!first) out += flat ? ", " : ",";
      first = false;
      if (!flat) out += '\n' + std::string(indent + 2, ' ');
      if (value.is_object()) {
        print(ordered_json(key), 0, true);
        out += ": ";
      }
      const bool row = value.is_array() && item.is_object() && std::all_of(item.begin(), item.end(), plain);
      print(item, indent + 2, flat || row);
    }
    if (!flat && !first) out += '\n' + std::string(indent, ' ');
    out += close;
  }
};

}  // namespace

Result<json> parse_json(std::string_view text, std::string_view where, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    return std::vector<Problem>{{std::string(where), std::to_string(text.size()) + " bytes",
                                 "at most " + std::to_string(max_bytes) + " bytes"}};
  }
  Builder builder(text, where);
  const bool whole = json::sax_parse(text.begin(), text.end(), &builder);
  if (!whole && builder.problems.empty()) builder.problems.push_back({std::string(where), "not readable as JSON", ""});
  if (!builder.problems.empty()) return std::move(builder.problems);
  return std::move(builder.root);
}

std::string print_json(const ordered_json& value) {
  Printer printer;
  printer.print(value, 0, false);
  return printer.out + '\n';
}

std::string print_json_line(const ordered_json& value) {
  Printer printer;
  printer.print(value, 0, true);
  return printer.out;
}

}  // namespace tessera
