#include "options/file.hpp"

#include <toml++/toml.h>

#include <fstream>
#include <sstream>

#include "options/table.hpp"

namespace bazaar::tracker {

namespace {

constexpr size_t kColumns = 100;

/// Nothing for what no option can be: a table, a date, a float, an array of other things.
std::optional<OptionValue> value_of(const toml::node& node) {
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* text = node.as_string()) return text->get();
  const toml::array* array = node.as_array();
  if (!array) return std::nullopt;
  std::vector<std::string> entries;
  for (const toml::node& entry : *array) {
    const auto* text = entry.as_string();
    if (!text) return std::nullopt;
    entries.push_back(text->get());
  }
  return entries;
}

void comment(std::string& out, std::string_view text) {
  std::istringstream words{std::string(text)};
  std::string line = "#";
  for (std::string word; words >> word;) {
    if (line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line = "#";
    }
    line += " " + word;
  }
  if (line.size() > 1) out += line + "\n";
}

}  // namespace

void read_text(const std::string& text, const std::string& name, Options& options) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& problem) {
    throw OptionsError(name + ", line " + std::to_string(problem.source().begin.line) + ": " +
                       std::string(problem.description()));
  }
  for (const auto& [key, node] : table) {
    const std::string line = name + ", line " + std::to_string(node.source().begin.line) + ": ";
    const OptionRow* row = find_option(key.str());
    if (!row) {
      const std::string_view nearest = nearest_option(key.str());
      throw OptionsError(line + "there is no option \"" + std::string(key.str()) + "\"" +
                         (nearest.empty() ? "" : ", did you mean \"" + std::string(nearest) + "\"?"));
    }
    const auto value = value_of(node);
    const std::string where = line + std::string(key.str()) + ": ";
    if (!value) throw OptionsError(where + "expected " + expected_of(*row));
    set_option(*row, *value, where, options);
  }
}

void read_file(const std::string& path, Options& options) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    throw OptionsError("the configuration file " + path + " cannot be read, or is empty");
  read_text(text.str(), path, options);
}

std::string default_file() {
  const Options defaults;
  std::string out;
  comment(out,
          "The tracker's configuration (TOML). Every option there is, commented out with its default: take away the "
          "\"#\" before its "
          "name to set it. The command line has the same names with dashes, and wins.");
  comment(out, "Printed by: tracker --default-config");
  for (const OptionGroup& group : option_groups()) {
    out += "\n";
    comment(out, "== " + std::string(group.title));
    for (const OptionRow& row : group.rows) {
      out += "\n";
      comment(out, row.what);
      comment(out, row.moved);
      std::string type = expected_of(row);
      if (!row.unit.empty()) type.append("; ").append(row.unit);
      if (row.reload == OptionRow::Reload::kHangUp) type += "; read again on SIGHUP";
      comment(out, "(" + type + ")");
      out += "#" + std::string(row.key) + " = " + text_of(row, defaults) + "\n";
    }
  }
  return out;
}

}  // namespace bazaar::tracker
