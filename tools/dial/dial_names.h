// DialNames: what the central host remembers of each name that was said to it: from which
// addresses, when, and what became of those who asked through their connections.
//
// Anybody may say any name from any address, so all of it is bounded; when it is full, who has said
// most names forgets one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace capstan::dial {

// What an address is worth under a name. The first ones have their turn first.
enum class Standing : std::uint8_t {
  kAnswered,  // who asked through it last was answered by TLS with a certificate of that name
  kUnknown,   // nobody has asked through it
  kNothing,   // who asked through it in the last five minutes got no such answer
};

// An address from which a name is said.
struct DialSource {
  std::string address;
  Standing standing = Standing::kUnknown;
  std::string instance;  // of the server that answered there last; empty: none has
};

// One thread; the times are those of the monotonic clock.
class DialNames {
 public:
  // `most`: names that are remembered.
  DialNames(std::size_t most, std::uint64_t started_ns) : most_(most), started_ns_(started_ns) {}

  // A connection waits. `network`: whom the address belongs to. False: there is no room for the
  // name, since connections of all others wait.
  [[nodiscard]] bool came(const std::string& name, const std::string& address,
                          const std::string& network, std::uint64_t now_ns);
  // It waits no longer.
  void went(const std::string& name, const std::string& address, std::uint64_t now_ns);
  // It was given to somebody.
  void given(const std::string& name, const std::string& address);
  // What became of it. `instance`: of the server that answered; empty: none did.
  void judge(const std::string& name, const std::string& address, const std::string& instance,
             std::uint64_t now_ns);

  std::size_t waiting(const std::string& name) const;
  std::size_t waiting(const std::string& name, const std::string& address) const;

  // The lower, the earlier is its turn.
  struct Turn {
    Standing standing = Standing::kUnknown;
    std::uint64_t given = 0;  // the last time that it had it, counted over all names
    bool operator<(const Turn& other) const noexcept {
      return standing != other.standing ? standing < other.standing : given < other.given;
    }
  };
  Turn turn(const std::string& name, const std::string& address, std::uint64_t now_ns) const;
  // Whose connection makes room for one of `address` where as many wait as may: an address that is
  // worth less, or of those that are worth the same one that has more of them. Empty: none.
  std::string who_makes_room(const std::string& name, const std::string& address,
                             std::uint64_t now_ns) const;
  // The addresses of which connections wait, or are expected where somebody was answered, in order
  // of their standing.
  std::vector<DialSource> sources(const std::string& name, std::uint64_t now_ns) const;

  // A sentence: why there is no connection of that name.
  std::string absence(const std::string& name, std::uint64_t now_ns) const;
  // Whether the sensor was there a moment ago, so that its next connection may be on its way.
  bool is_expected(const std::string& name, std::uint64_t now_ns) const;

  struct Seen {
    std::string name;
    std::size_t waiting = 0;
    std::uint64_t last_s_ago = 0;  // since a connection of it was there; 0 while one is
    std::vector<std::string> addresses;
  };
  std::vector<Seen> seen(std::uint64_t now_ns) const;

 private:
  struct Source {
    std::size_t waiting = 0;
    std::uint64_t last_ns = 0;
    std::uint64_t given = 0;
    Standing judged = Standing::kUnknown;
    std::uint64_t judged_ns = 0;
    std::string instance;
    Standing standing(std::uint64_t now_ns) const noexcept;
  };
  struct Name {
    std::size_t waiting = 0;
    std::uint64_t last_ns = 0;
    std::string network;  // of the last one that came
    std::map<std::string, Source> sources;
  };
  bool forget_name();
  static bool forget_source(Name& name);
  const Source* find(const std::string& name, const std::string& address) const;

  const std::size_t most_;
  const std::uint64_t started_ns_;
  std::map<std::string, Name> names_;
  std::uint64_t given_ = 0;
  std::uint64_t forgotten_ns_ = 0;  // a name that was there last by then may be forgotten; 0: none
};

}  // namespace capstan::dial
