// The hex examples of a protocol document, as its reader sees them: ```hex NAME blocks.
// Owns the parsing; refuses to know messages. Invariant: what the tests decode is what the document prints.
#pragma once

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace bazaar::testing {

struct HexExample {
  std::string name;
  std::vector<uint8_t> bytes;
};

inline std::vector<HexExample> hex_examples(const std::string& document) {
  std::ifstream file(std::string(BAZAAR_SOURCE_DIR) + "/" + document);
  std::vector<HexExample> examples;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("```hex ", 0) == 0) {
      examples.push_back({line.substr(7), {}});
      is_inside = true;
    } else if (line.rfind("```", 0) == 0) {
      is_inside = false;
    } else if (is_inside) {
      std::istringstream words(line);
      for (std::string word; words >> word;) {
        examples.back().bytes.push_back(static_cast<uint8_t>(std::stoul(word, nullptr, 16)));
      }
    }
  }
  return examples;
}

}  // namespace bazaar::testing
