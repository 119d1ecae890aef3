#include "options/table.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <utility>

namespace bazaar::tracker {

namespace {

template <typename... Case>
struct Overloaded : Case... {
  using Case::operator()...;
};
template <typename... Case>
Overloaded(Case...) -> Overloaded<Case...>;  // clang 14 does not deduce it

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string shown(const OptionValue& value) {
  return std::visit(Overloaded{[](int64_t number) { return std::to_string(number); },
                               [](bool flag) { return std::string(flag ? "true" : "false"); },
                               [](const std::string& text) { return quoted(text); },
                               [](const std::vector<std::string>&) { return std::string("an array"); }},
                    value);
}

size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::vector<std::string> lines_of(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  if (!file) throw OptionsError(std::string(key) + ": the file " + path + " cannot be read");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

void require(bool is_so, const char* sentence) {
  if (!is_so) throw OptionsError(sentence);
}

}  // namespace

const OptionRow* find_option(std::string_view key) {
  for (const OptionGroup& group : option_groups())
    for (const OptionRow& row : group.rows)
      if (row.key == key) return &row;
  return nullptr;
}

std::string_view nearest_option(std::string_view key) {
  std::string_view nearest;
  size_t least = std::max<size_t>(2, key.size() / 3) + 1;
  for (const OptionGroup& group : option_groups()) {
    for (const OptionRow& row : group.rows) {
      const size_t edits = edits_between(key, row.key);
      if (edits >= least) continue;
      least = edits;
      nearest = row.key;
    }
  }
  return nearest;
}

std::string expected_of(const OptionRow& row) {
  return std::visit(Overloaded{[](const NumberOption& number) {
                                 return "an integer from " + std::to_string(number.min) + " to " +
                                        std::to_string(number.max);
                               },
                               [](const FlagOption&) { return std::string("true or false"); },
                               [](const TextOption&) { return std::string("a string"); },
                               [](const ListOption&) { return std::string("an array of strings"); }},
                    row.kind);
}

std::string text_of(const OptionRow& row, const Options& options) {
  return std::visit(
      Overloaded{[&](const NumberOption& number) { return std::to_string(options.*number.member); },
                 [&](const FlagOption& flag) { return std::string(options.*flag.member ? "true" : "false"); },
                 [&](const TextOption& text) { return quoted(options.*text.member); },
                 [&](const ListOption& list) {
                   std::string out = "[";
                   for (const std::string& entry : options.*list.member)
                     out += (out.size() > 1 ? ", " : "") + quoted(entry);
                   return out + "]";
                 }},
      row.kind);
}

void set_option(const OptionRow& row, const OptionValue& value, const std::string& where, Options& options) {
  const auto unexpected = [&] {
    throw OptionsError(where + "expected " + expected_of(row) + (row.is_secret ? "" : ", not " + shown(value)));
  };
  const auto checked = [&](void (*check)(const std::string&), const std::string& text) {
    try {
      if (check) check(text);
    } catch (const std::invalid_argument& problem) {
      throw OptionsError(where + problem.what() + (row.is_secret ? "" : ", not " + quoted(text)));
    }
  };
  std::visit(Overloaded{[&](const NumberOption& number) {
                          const int64_t* given = std::get_if<int64_t>(&value);
                          if (!given || *given < number.min || *given > number.max) unexpected();
                          options.*number.member = *given;
                        },
                        [&](const FlagOption& flag) {
                          const bool* given = std::get_if<bool>(&value);
                          if (!given) unexpected();
                          options.*flag.member = *given;
                        },
                        [&](const TextOption& text) {
                          const std::string* given = std::get_if<std::string>(&value);
                          if (!given) unexpected();
                          checked(text.check, *given);
                          options.*text.member = *given;
                        },
                        [&](const ListOption& list) {
                          const auto* given = std::get_if<std::vector<std::string>>(&value);
                          if (!given) unexpected();
                          for (const std::string& entry : *given) checked(list.check, entry);
                          options.*list.member = *given;
                        }},
             row.kind);
}

void check_together(const Options& options) {
  require(options.cert.empty() == options.key.empty(), "cert and key: one is set without the other");
  require(options.queue_soft_bytes <= options.queue_hard_bytes, "queue_soft_bytes is above queue_hard_bytes");
  require(options.ping_after_ms < options.hang_up_after_ms,
          "ping_after_ms is not below hang_up_after_ms: nobody could answer in time");
  require(options.cell_size_min <= options.cell_size_target, "cell_size_min is above cell_size_target");
  require(options.cell_size_target <= options.cell_size_max, "cell_size_target is above cell_size_max");
  require(options.cell_size_min * 2 <= options.cell_size_max,
          "two cells below cell_size_min do not fit into cell_size_max: they could not be merged");
  require(options.backplane == "memory" || !options.resume_secret.empty(),
          "resume_secret: nodes that share a backplane need one, the same on all");
}

void read_secrets(Options& options) {
  for (const OptionGroup& group : option_groups()) {
    for (const OptionRow& row : group.rows) {
      if (!row.is_secret) continue;
      const std::string where = std::string(row.key) + ": ";
      if (const auto* text = std::get_if<TextOption>(&row.kind)) {
        const std::string value = options.*text->member;
        if (!value.starts_with('@')) continue;
        const auto lines = lines_of(value.substr(1), row.key);
        if (lines.size() != 1 || lines.front().starts_with('@'))
          throw OptionsError(where + "the file " + value.substr(1) + " has not exactly one line, the value");
        set_option(row, lines.front(), where, options);
      } else if (const auto* list = std::get_if<ListOption>(&row.kind)) {
        std::vector<std::string> entries;
        for (const std::string& entry : options.*list->member) {
          if (!entry.starts_with('@')) {
            entries.push_back(entry);
            continue;
          }
          for (std::string& line : lines_of(entry.substr(1), row.key)) entries.push_back(std::move(line));
        }
        set_option(row, entries, where, options);
      }
    }
  }
}

}  // namespace bazaar::tracker
