// Names: converts numbers to names of hosts and services. Printers use it through Printer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::text {

// The names of host addresses. Implementations never block longer than they document, and are
// called by all workers at the same time.
class HostNames {
 public:
  HostNames() = default;
  HostNames(const HostNames&) = delete;
  HostNames& operator=(const HostNames&) = delete;
  virtual ~HostNames() = default;

  // Stores the name of the address (4 or 16 bytes) in `name`. Returns false when there is none
  // (yet): the caller then prints the number.
  virtual bool find(const std::uint8_t* address, std::size_t size, std::string& name) = 0;
};

// Port names from /etc/services, read once, then read-only.
class ServiceNames {
 public:
  // An empty table: every port is printed as a number.
  ServiceNames() = default;
  // Reads a file in the format of services(5). If it is missing or unreadable, the table is empty.
  static ServiceNames load(const char* path = "/etc/services");

  // Returns an empty text when the port has no name.
  std::string_view tcp(std::uint16_t port) const noexcept { return find(tcp_, port); }
  std::string_view udp(std::uint16_t port) const noexcept { return find(udp_, port); }

 private:
  static std::string_view find(const std::vector<std::string>& names, std::uint16_t port) noexcept {
    return port < names.size() ? std::string_view(names[port]) : std::string_view();
  }
  std::vector<std::string> tcp_;  // by port
  std::vector<std::string> udp_;
};

// This machine's interfaces by index, as they were when load() was called; then read-only.
class InterfaceNames {
 public:
  InterfaceNames() = default;
  static InterfaceNames load();

  // Returns "?" when there is no such interface.
  std::string_view find(std::uint32_t index) const noexcept;

 private:
  std::vector<std::pair<std::uint32_t, std::string>> names_;
};

// All names that printers use. Borrowed by every Printer, which it must outlive.
struct Names {
  ServiceNames services;
  InterfaceNames interfaces;
  HostNames* hosts = nullptr;  // null: print numbers
};

}  // namespace capstan::text
