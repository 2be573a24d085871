// Names: numbers to names for hosts and services. Printers reach it through Printer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::text {

// What a host address is called. Implementations never block longer than they document, and are
// called from every worker at once.
class HostNames {
 public:
  HostNames() = default;
  HostNames(const HostNames&) = delete;
  HostNames& operator=(const HostNames&) = delete;
  virtual ~HostNames() = default;

  // Puts the name of the address (4 or 16 bytes) into `name`. False when there is none (yet): the
  // caller prints the number.
  virtual bool find(const std::uint8_t* address, std::size_t size, std::string& name) = 0;
};

// Port names as /etc/services gives them, read once; then read-only.
class ServiceNames {
 public:
  // An empty table: every port is a number.
  ServiceNames() = default;
  // Reads a file in the format of services(5). Missing or unreadable: an empty table.
  static ServiceNames load(const char* path = "/etc/services");

  // Empty when the port has no name.
  std::string_view tcp(std::uint16_t port) const noexcept { return find(tcp_, port); }
  std::string_view udp(std::uint16_t port) const noexcept { return find(udp_, port); }

 private:
  static std::string_view find(const std::vector<std::string>& names, std::uint16_t port) noexcept {
    return port < names.size() ? std::string_view(names[port]) : std::string_view();
  }
  std::vector<std::string> tcp_;  // by port
  std::vector<std::string> udp_;
};

// This machine's interfaces by index, as they are when it is made; then read-only.
class InterfaceNames {
 public:
  InterfaceNames() = default;
  static InterfaceNames load();

  // "?" when there is no such interface.
  std::string_view find(std::uint32_t index) const noexcept;

 private:
  std::vector<std::pair<std::uint32_t, std::string>> names_;
};

// All that printers look up. Borrowed by every Printer, and outlives it.
struct Names {
  ServiceNames services;
  InterfaceNames interfaces;
  HostNames* hosts = nullptr;  // null: numbers
};

}  // namespace capstan::text
