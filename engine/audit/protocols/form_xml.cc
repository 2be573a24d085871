// The XML part of FormReader: elements and attributes named like a password's, WS-Security's
// UsernameToken (with its Type: text or digest), and XML-RPC, whose parameters have places and no
// names.
#include <algorithm>

#include "engine/audit/protocols/form_reader.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

std::string_view local_name(std::string_view name) noexcept {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

template <std::size_t kSize>
void store(std::string_view text, std::array<char, kSize>& out, std::size_t& size) noexcept {
  size = std::min(text.size(), kSize);
  std::copy_n(text.begin(), size, out.begin());
}

// Takes name="value" off the front of a tag. False when there is none.
bool take_attribute(std::string_view& tag, std::string_view& name,
                    std::string_view& value) noexcept {
  const std::size_t equals = tag.find('=');
  if (equals == std::string_view::npos) return false;
  name = tag.substr(0, equals);
  while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
  if (const std::size_t at = name.find_last_of(" \t\r\n"); at != std::string_view::npos) {
    name = name.substr(at + 1);
  }
  std::string_view rest = trim_left(tag.substr(equals + 1));
  if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return false;
  const std::size_t end = rest.find(rest.front(), 1);
  if (end == std::string_view::npos) return false;
  value = rest.substr(1, end - 1);
  tag = rest.substr(end + 1);
  return true;
}

struct Places {
  int user;
  int password;
};

// Where a method has its user and its password; -1: nowhere that is known.
Places places_of(std::string_view method) noexcept {
  const bool lists_blogs = contains_nocase(method, "getUsersBlogs");
  if (starts_nocase(method, "wp.")) return lists_blogs ? Places{0, 1} : Places{1, 2};
  if (starts_nocase(method, "metaWeblog.") || starts_nocase(method, "mt.")) return {1, 2};
  if (starts_nocase(method, "blogger.")) {
    return lists_blogs || contains_nocase(method, "getUserInfo") ? Places{1, 2} : Places{2, 3};
  }
  if (contains_nocase(method, "login") || contains_nocase(method, "authenticate")) return {0, 1};
  return {-1, -1};
}

}  // namespace

void FormReader::xml(std::uint8_t byte) {
  if (part_ == Part::kTag) {
    if (quote_ != 0) {
      if (byte == quote_) quote_ = 0;
    } else if (byte == '"' || byte == '\'') {
      quote_ = byte;
    } else if (byte == '>') {
      xml_tag_ends();
      return;
    }
    tag_.push(byte);
    return;
  }
  if (byte == '<') {
    part_ = Part::kTag;
    ::explicit_bzero(tag_.space().data(), tag_.bytes().size());
    tag_.set_size(0);
    quote_ = 0;
    return;
  }
  part_ = Part::kText;
  if (value_length_ == 0 && is_space(static_cast<char>(byte))) return;
  if (byte == '\r' || byte == '\n') return;
  put_value(byte);
}

void FormReader::xml_tag_ends() {
  const std::string_view tag = as_text(tag_.bytes());
  part_ = Part::kText;
  if (tag.starts_with('/')) {
    const std::string_view name = local_name(trim(tag.substr(1)));
    xml_text_ends(name);
    if (name == "struct" || name == "param") member_size_ = 0;
    return;
  }
  if (tag.starts_with('!') || tag.starts_with('?')) {
    // A CDATA section is text: its brackets and all lie in the tag.
    if (tag.starts_with("![CDATA[") && tag.ends_with("]]")) {
      for (const char c : tag.substr(8, tag.size() - 10)) put_value(static_cast<std::uint8_t>(c));
    }
    return;
  }
  clear_value();
  const std::size_t end = tag.find_first_of(" \t\r\n/");
  const std::string_view name = local_name(tag.substr(0, end));
  store(name, element_, element_size_);
  if (name == "param") ++parameter_;
  digest_type_ = contains_nocase(tag, "PasswordDigest");
  if (end == std::string_view::npos) return;
  // <user password="x"/>, and <input name="password" value="x"/>.
  std::string_view rest = tag.substr(end);
  std::string_view key;
  std::string_view value;
  std::string_view named;
  while (take_attribute(rest, key, value)) {
    key = local_name(key);
    if (equals_nocase(key, "name")) named = value;
    field(equals_nocase(key, "value") && !named.empty() ? named : key, as_bytes(value),
          value.size());
  }
}

// The text in front of a closing tag is that element's.
void FormReader::xml_text_ends(std::string_view name) {
  while (!value_.bytes().empty() && value_length_ == value_.bytes().size() &&
         is_space(static_cast<char>(value_.bytes().back()))) {
    value_.set_size(value_.bytes().size() - 1);
    --value_length_;
  }
  if (value_length_ != 0) {
    const std::string_view text = as_text(value_.bytes());
    if (name == "methodName") {
      store(text, method_, method_size_);
    } else if (name == "name" || name == "Name") {
      store(text, member_, member_size_);
    } else if (method_size_ != 0 && parameter_ >= 0) {
      xml_rpc_parameter();
    } else {
      const std::string_view member(member_.data(), member_size_);
      const bool of_member = !member.empty() && (name == "value" || name == "string");
      field(of_member ? member : name, value_.bytes(), value_length_);
    }
  }
  clear_value();
}

// A member of a struct has a name; a plain parameter has its place.
void FormReader::xml_rpc_parameter() {
  if (member_size_ != 0) {
    field({member_.data(), member_size_}, value_.bytes(), value_length_);
    member_size_ = 0;
    return;
  }
  const Places places = places_of({method_.data(), method_size_});
  if (parameter_ == places.user) field("user", value_.bytes(), value_length_);
  if (parameter_ == places.password) field("password", value_.bytes(), value_length_);
}

}  // namespace capstan::audit
