#include "engine/core/joined.h"

#include <vector>

namespace capstan {

std::string joined(std::span<const std::string> texts, std::string_view between) {
  std::string all;
  for (const std::string& text : texts) {
    if (&text != texts.data()) all += between;
    all += text;
  }
  return all;
}

std::string joined(std::span<const int> numbers, std::string_view between) {
  std::vector<std::string> texts;
  for (const int number : numbers) texts.push_back(std::to_string(number));
  return joined(texts, between);
}

}  // namespace capstan
