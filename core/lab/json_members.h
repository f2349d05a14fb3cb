// Reading JSON objects member by member, with a problem for each that is wrong. Only for the .cpp files of core/lab.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/lab/parameter.h"

namespace tessera {

inline constexpr std::size_t max_problems = 1000;  // more help nobody, and a hostile file could have a million

std::string shown(const nlohmann::json& value);                       // what a person wrote, for a message
std::optional<Value> value_of(const nlohmann::json& value);           // nothing for null, arrays and objects
std::string at(std::string_view where, const std::string& path);      // "x.json: path"
std::string joined(const std::string& path, const std::string& key);  // "path.key"
void unknown_key(std::string_view where, const std::string& path, const std::string& key,
                 const std::vector<std::string>& known, std::vector<Problem>& problems);

// The members of the object at `path`, one after another. A member that is not there leaves its field as it is.
class Members {
 public:
  Members(const nlohmann::json& object, std::string path, std::string_view where, std::vector<Problem>& problems)
      : object_(object), path_(std::move(path)), where_(where), problems_(problems) {}

  void text(const char* key, std::string& field, std::size_t limit, bool lines);
  void number(const char* key, double& field, double max);
  void whole(const char* key, std::int64_t& field, std::int64_t min, std::int64_t max);
  void names(const char* key, std::vector<std::string>& field);
  const nlohmann::json* member(const char* key) const;  // null: not there
  void wrong(const char* key, const nlohmann::json& value, std::string allowed);
  void missing(const char* key);                     // a problem when it is not there
  void only(const std::vector<std::string>& known);  // a problem for each other key

 private:
  const nlohmann::json& object_;
  std::string path_;
  std::string_view where_;
  std::vector<Problem>& problems_;
};

}  // namespace tessera
