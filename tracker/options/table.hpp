// What each option is: its place in Options, type, range, unit, and what raising or lowering it does.
// Owns the one list that the file's reader, the command line, `--help` and the commented default file are made from;
// refuses to hold values. Invariant: every member of Options has exactly one row.
#pragma once

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "options/options.hpp"

namespace bazaar::tracker {

/// Says what to mend, in a sentence for an operator.
struct OptionsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// As a file or a command line gives it.
using OptionValue = std::variant<int64_t, bool, std::string, std::vector<std::string>>;

struct NumberOption {
  int64_t Options::*member;
  int64_t min;
  int64_t max;
};
struct FlagOption {
  bool Options::*member;
};
/// `check` throws std::invalid_argument for what cannot be; null where any text will do.
struct TextOption {
  std::string Options::*member;
  void (*check)(const std::string&);
};
/// `check` sees one entry at a time.
struct ListOption {
  std::vector<std::string> Options::*member;
  void (*check)(const std::string&);
};

struct OptionRow {
  std::string_view key;
  std::variant<NumberOption, FlagOption, TextOption, ListOption> kind;
  std::string_view unit;   ///< "ms", "bytes", "connections" …
  std::string_view what;   ///< one sentence
  std::string_view moved;  ///< what raising and lowering, or the choices, do
  enum class Reload : uint8_t { kRestart, kHangUp } reload = Reload::kRestart;  ///< kHangUp: SIGHUP is enough
  bool is_secret = false;                                                       ///< may be "@FILE" instead
};

struct OptionGroup {
  std::string_view title;
  std::vector<OptionRow> rows;
};

const std::vector<OptionGroup>& option_groups();
const OptionRow* find_option(std::string_view key);
/// The known key that was probably meant; empty when none is near.
std::string_view nearest_option(std::string_view key);

/// "an integer from 1 to 65535", "true or false", "a string", "an array of strings".
std::string expected_of(const OptionRow& row);
/// As TOML writes it.
std::string text_of(const OptionRow& row, const Options& options);
/// Checks type, range and form; throws OptionsError that begins with `where`.
void set_option(const OptionRow& row, const OptionValue& value, const std::string& where, Options& options);
/// What one row cannot see: one option against another. Throws OptionsError.
void check_together(const Options& options);
/// Replaces every "@FILE" of a secret by what the file holds; throws OptionsError.
void read_secrets(Options& options);

}  // namespace bazaar::tracker
