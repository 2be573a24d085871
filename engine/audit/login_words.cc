#include "engine/audit/login_words.h"

#include <algorithm>
#include <array>

#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

using Words = std::span<const std::string_view>;

// Anywhere in a name or a prompt, whatever stands around it; lower case, UTF-8.
constexpr auto kPasswordParts = std::to_array<std::string_view>(
    {"passw",
     "passphrase",
     "passcode",
     "passkey",
     "pwd",
     "secret",
     "credential",
     "kennwort",
     "losungswort",
     "motdepasse",
     "mot de passe",
     "mot_de_passe",
     "mot-de-passe",
     "contrase",
     "palabra de paso",
     "senha",
     "wachtwoord",
     "losenord",
     "l\xc3\xb6senord",
     "adgangskode",
     "kodeord",
     "passord",
     "salasana",
     "haslo",
     "has\xc5\x82o",
     "heslo",
     "jelszo",
     "jelsz\xc3\xb3",
     "parola",
     "sifre",
     "\xc5\x9f"
     "ifre",
     "geslo",
     "lozinka",
     "parool",
     "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb",  // parol, Russian
     "\xd0\x9f\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb",  // the same, capital
     "\xe5\xaf\x86\xe7\xa0\x81",
     "\xe5\xaf\x86\xe7\xa2\xbc",                                      // mima, Chinese
     "\xe5\x8f\xa3\xe4\xbb\xa4",                                      // kouling, Chinese
     "\xe3\x83\x91\xe3\x82\xb9\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89",  // pasuwado, Japanese
     "\xeb\xb9\x84\xeb\xb0\x80\xeb\xb2\x88\xed\x98\xb8",              // bimilbeonho, Korean
     "\xec\x95\x94\xed\x98\xb8"});                                    // amho, Korean

// Whole words of a name.
constexpr auto kPasswordWords = std::to_array<std::string_view>(
    {"pw", "psw", "pass", "mdp", "pin", "otp", "totp", "clave", "pincode", "wachtwort", "geheim",
     "mfa", "2fa", "passwort", "tan"});

constexpr auto kTokenWords = std::to_array<std::string_view>(
    {"token", "jwt", "bearer", "assertion", "apikey", "authkey", "accesskey", "secretkey"});
// In front of "key" they make it one: api_key, X-Auth-Key, userKey.
constexpr auto kKeyOwners = std::to_array<std::string_view>(
    {"api", "auth", "access", "secret", "private", "user", "login", "account", "app", "session",
     "client", "subscription", "functions"});
// Tokens that nobody logs in with: forgery protection, paging, push addresses.
constexpr auto kOtherTokens = std::to_array<std::string_view>(
    {"csrf", "xsrf", "csrfmiddleware", "authenticity", "verification", "forgery", "captcha", "page",
     "next", "continuation", "sync", "device", "push", "type", "design", "cancel"});

constexpr auto kUserWords = std::to_array<std::string_view>(
    {"user",       "username",       "login",       "email",      "mail",        "account",
     "uid",        "uname",          "userid",      "log",        "id",          "name",
     "u",          "identifier",     "usr",         "logon",      "loginid",     "nick",
     "benutzer",   "benutzername",   "anmeldename", "usuario",    "utilisateur", "identifiant",
     "gebruiker",  "gebruikersnaam", "anvandare",   "brukernavn", "bruger",      "utente",
     "utilizador", "uzytkownik",     "uzivatel",    "kullanici",  "member",      "mailbox"});
// With one of these in it a name is no user's.
constexpr auto kSecretish = std::to_array<std::string_view>(
    {"key", "code", "hash", "sig", "signature", "session", "sid", "nonce", "cookie"});

constexpr auto kUserPrompts = std::to_array<std::string_view>(
    {"login",
     "username",
     "user name",
     "user",
     "account",
     "benutzer",
     "anmeld",
     "utilisateur",
     "identifiant",
     "usuario",
     "utilizador",
     "utente",
     "gebruiker",
     "anv\xc3\xa4ndar",
     "anvandar",
     "bruger",
     "bruker",
     "k\xc3\xa4ytt\xc3\xa4j",
     "kayttaj",
     "u\xc5\xbcytkownik",
     "uzytkownik",
     "u\xc5\xbeivatel",
     "uzivatel",
     "felhaszn",
     "kullan",
     "\xd0\xbf\xd0\xbe\xd0\xbb\xd1\x8c\xd0\xb7\xd0\xbe\xd0\xb2",  // polzov, Russian
     "\xd0\xbb\xd0\xbe\xd0\xb3\xd0\xb8\xd0\xbd",                  // login, Russian
     "\xe7\x94\xa8\xe6\x88\xb7",                                  // yonghu, Chinese
     "\xe3\x83\xa6\xe3\x83\xbc\xe3\x82\xb6"});                    // yuza, Japanese

bool is_one_of(std::string_view word, Words words) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool has_part(std::string_view text, Words parts) noexcept {
  return std::any_of(parts.begin(), parts.end(), [text](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

// A name in lower case, and its words: parted by what is no letter, and where camelCase begins one.
class Name {
 public:
  explicit Name(std::string_view name) noexcept {
    bool boundary = true;
    char before = '_';
    for (const char c : name.substr(0, text_.size())) {
      const bool letter = is_alpha(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
      const bool hump = c >= 'A' && c <= 'Z' && before >= 'a' && before <= 'z';
      if (!letter || hump) boundary = true;
      text_[size_] = lower(c);
      if (letter) {
        if (boundary && count_ < words_.size()) words_[count_++] = {text_.data() + size_, 0};
        boundary = false;
        if (count_ != 0) {
          std::string_view& word = words_[count_ - 1];
          word = {word.data(), static_cast<std::size_t>(text_.data() + size_ + 1 - word.data())};
        }
      }
      ++size_;
      before = c;
    }
  }
  Name(const Name&) = delete;
  Name& operator=(const Name&) = delete;

  std::string_view text() const noexcept { return {text_.data(), size_}; }
  Words words() const noexcept { return Words(words_).first(count_); }
  bool any(Words list) const noexcept {
    return std::any_of(words().begin(), words().end(),
                       [list](std::string_view word) { return is_one_of(word, list); });
  }

 private:
  std::array<char, 64> text_{};
  std::array<std::string_view, 12> words_{};
  std::size_t size_ = 0;
  std::size_t count_ = 0;
};

// userpw, loginpass, mailpin: a user's word grown together with a secret's.
bool grown_together(std::string_view word) noexcept {
  for (const std::string_view end : {"pass", "pw", "pin", "otp"}) {
    if (!word.ends_with(end)) continue;
    const std::string_view owner = word.substr(0, word.size() - end.size());
    if (end == "pass") return owner != "com" && owner != "by" && owner != "sur" && owner != "tres";
    for (const std::string_view known : {"user", "login", "mail", "email", "account", "my", "sms",
                                         "card", "db", "root", "admin"}) {
      if (owner == known) return true;
    }
  }
  return false;
}

bool is_password(const Name& name) noexcept {
  if (has_part(name.text(), kPasswordParts) || name.any(kPasswordWords)) return true;
  return std::any_of(name.words().begin(), name.words().end(), grown_together);
}

bool is_token(const Name& name) noexcept {
  if (name.any(kOtherTokens)) return false;
  if (name.any(kTokenWords)) return true;
  const Words words = name.words();
  if (words.empty()) return false;
  const std::string_view last = words.back();
  if (words.size() >= 2 && last == "key") return is_one_of(words[words.size() - 2], kKeyOwners);
  for (const std::string_view end : {"token", "key"}) {
    if (last.size() > end.size() && last.ends_with(end) &&
        (end == "token" || is_one_of(last.substr(0, last.size() - 3), kKeyOwners))) {
      const std::string_view owner = last.substr(0, last.size() - end.size());
      return !is_one_of(owner, kOtherTokens);
    }
  }
  return words.size() == 1 && last == "key";
}

}  // namespace

FieldKind field_kind(std::string_view text) noexcept {
  if (text.empty() || text.size() > 64) return FieldKind::kNone;
  const Name name(text);
  if (name.words().empty()) return FieldKind::kNone;
  if (is_token(name)) return FieldKind::kToken;
  if (is_password(name)) return FieldKind::kPassword;
  if (name.any(kSecretish) || name.any(kTokenWords)) return FieldKind::kNone;
  const std::string_view last = name.words().back();
  if (is_one_of(last, kUserWords)) return FieldKind::kUser;
  for (const std::string_view end : {"user", "username", "login", "email", "uid"}) {
    if (last.ends_with(end)) return FieldKind::kUser;
  }
  return FieldKind::kNone;
}

FieldKind prompt_kind(std::string_view prompt) noexcept {
  std::array<char, 96> lowered{};
  prompt = prompt.substr(prompt.size() > lowered.size() ? prompt.size() - lowered.size() : 0);
  std::transform(prompt.begin(), prompt.end(), lowered.begin(), [](char c) { return lower(c); });
  const std::string_view text(lowered.data(), prompt.size());
  if (has_part(text, kPasswordParts)) return FieldKind::kPassword;
  const Name name(text.substr(text.size() > 64 ? text.size() - 64 : 0));
  if (name.any(kPasswordWords) || name.any(kTokenWords)) return FieldKind::kPassword;
  for (const std::string_view word : {"code", "key", "challenge", "response", "geheimzahl"}) {
    if (!name.words().empty() && name.words().back() == word) return FieldKind::kPassword;
  }
  if (has_part(text, kUserPrompts)) return FieldKind::kUser;
  if (!name.words().empty() && name.words().back() == "name") return FieldKind::kUser;
  return FieldKind::kNone;
}

bool may_be_token(std::string_view value) noexcept {
  constexpr std::size_t kShortest = 6;
  return value.size() >= kShortest && std::all_of(value.begin(), value.end(), [](char c) {
           return is_alpha(c) || is_digit(c) ||
                  std::string_view("-_.~+/=:|!*").find(c) != std::string_view::npos;
         });
}

bool looks_like_token(std::string_view value, std::size_t shortest) noexcept {
  if (value.size() < shortest) return false;
  bool digit = false;
  for (const char c : value) {
    if (!is_alpha(c) && !is_digit(c) &&
        std::string_view("-_.~+/=:").find(c) == std::string_view::npos)
      return false;
    digit = digit || is_digit(c);
  }
  return digit;
}

}  // namespace capstan::audit
