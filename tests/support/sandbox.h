// Sandbox: the fixture of tests with real interfaces, in network and mount namespaces of their own.
//
// The namespaces have no name and end with the process, and with them every interface, address and
// mount: nothing is left behind, also when a test crashes.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/support/temp_dir.h"

namespace capstan::test {

class Sandbox : public ::testing::Test {
 protected:
  // A fresh pair of namespaces with lo up and the veth pair v0 (sends) and v1 (is recorded), large
  // frames allowed, nothing of the kernel's own on them. Skips when not root.
  void SetUp() override;

  // A veth pair, both ends up and ready to send.
  static void make_pair(const std::string& one, const std::string& other);
  // Until the interface has its carrier and its queue: the kernel gives it that a moment later
  // (linkwatch), and what is sent in between is dropped.
  static void wait_for_link(const std::string& interface);
  std::string file(const std::string& name) const { return directory_.path() / name; }
  const std::string& directory() const { return directory_text_; }

 private:
  TempDir directory_;
  std::string directory_text_ = directory_.path();
};

}  // namespace capstan::test
