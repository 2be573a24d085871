// FileSink: lines of EVE at the end of a file. What is there is known from the state alone, which
// is saved after each batch: what stands behind the last saved position is cut off and written
// again, byte for byte.
#pragma once

#include <string>

#include "engine/core/unique_fd.h"
#include "tools/ship/sink.h"

namespace capstan::fleet {

class FileSink final : public Sink {
 public:
  // Borrows the state, which the caller saves after each put().
  FileSink(std::string path, ShipState& state) : path_(std::move(path)), state_(state) {}

  Answer open() override;
  Answer settle(const Spool& spool, std::uint64_t& batches) override;
  Answer put(const Spool& spool, std::uint64_t number) override;
  Packing packing() const noexcept override { return Packing::kNone; }
  bool wants_eve() const noexcept override { return true; }
  bool needs_each_watermark() const noexcept override { return true; }

 private:
  std::string path_;
  ShipState& state_;
  UniqueFd fd_;
};

}  // namespace capstan::fleet
