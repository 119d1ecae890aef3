// Options as a TOML file: read, and written with every key explained.
// Owns the format; refuses to know what options mean. Invariant: what `default_file` writes, `read_file` reads back to
// the same options; an unknown key is an error that names it, its line and the key that was probably meant.
#pragma once

#include <string>

#include "options/options.hpp"

namespace bazaar::tracker {

/// Sets what the text names. Throws OptionsError with the file's name, the line and what was expected.
void read_text(const std::string& text, const std::string& name, Options& options);
/// Likewise, from the disk.
void read_file(const std::string& path, Options& options);
/// tracker/packaging/tracker.toml: all keys, commented out, with their defaults.
std::string default_file();

}  // namespace bazaar::tracker
