#include "tests/support/secret_search.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"

namespace capstan::test {

namespace {

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(byte)) & 0xffff;
    for (count += 8; count >= 6; count -= 6) text += kAlphabet[bits >> (count - 6) & 63];
  }
  return text;  // the last, partial group depends on what follows
}

// A line of smaps that begins a mapping: "5581c0000000-5581c0021000 rw-p ...".
bool begins_mapping(const std::string& line) {
  const std::size_t end = line.find_first_not_of("0123456789abcdef");
  return end != std::string::npos && end != 0 && line[end] == '-';
}

}  // namespace

SecretForms::SecretForms(const std::string& secret) {
  forms_ = {secret, secret.substr(0, secret.size() / 2)};
  for (const std::size_t before : {0U, 1U, 2U}) {
    // Digits of base64 that hold bits of the bytes in front are not the secret's.
    const std::size_t shared = (before * 8 + 5) / 6;
    forms_.push_back(base64(std::string(before, '\0') + secret).substr(shared));
  }
}

std::string SecretForms::found_in(std::string_view text) const {
  for (const std::string& form : forms_) {
    if (text.find(form) != std::string_view::npos) return form;
  }
  return {};
}

std::vector<MemoryFinding> search_memory(pid_t pid, const SecretForms& secret) {
  const std::string process = "/proc/" + std::to_string(pid);
  const UniqueFd memory(::open((process + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  if (!memory) throw_errno("open " + process + "/mem");
  std::vector<MemoryFinding> findings;
  std::ifstream maps(process + "/smaps");
  std::string mapping;
  for (std::string line; std::getline(maps, line);) {
    if (begins_mapping(line)) mapping = line;
    if (!line.starts_with("VmFlags:")) continue;
    std::size_t dash = 0;
    const std::uint64_t begin = std::stoull(mapping, &dash, 16);
    const std::uint64_t end = std::stoull(mapping.substr(dash + 1), nullptr, 16);
    // One chunk reaches into the next, so that a form across the border is seen too.
    constexpr std::size_t kChunk = 1U << 20;
    constexpr std::size_t kOverlap = 256;
    std::string chunk(kChunk + kOverlap, '\0');
    for (std::uint64_t at = begin; at < end; at += kChunk) {
      const std::size_t size = std::min<std::uint64_t>(chunk.size(), end - at);
      const ssize_t count = ::pread(memory.get(), chunk.data(), size, static_cast<off_t>(at));
      if (count <= 0) continue;  // not there, or not readable by anyone ([vvar])
      const std::string form =
          secret.found_in(std::string_view(chunk).substr(0, static_cast<std::size_t>(count)));
      if (form.empty()) continue;
      std::istringstream flags(line.substr(line.find(':') + 1));
      bool in_dumps = true;
      for (std::string flag; flags >> flag;) in_dumps = in_dumps && flag != "dd" && flag != "io";
      findings.push_back({mapping + " at +" + std::to_string(at - begin) + ": " + form, in_dumps});
      break;
    }
  }
  return findings;
}

}  // namespace capstan::test
