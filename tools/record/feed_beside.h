// FeedBeside: sends a running recording over TCP (`record -w tcp-listen:PORT`), as a best-effort
// consumer of its blocks that works in the thread of a FeedServer.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/feed/feed_server.h"
#include "tools/record/block_consumer.h"

namespace capstan::tools {

class FeedBeside final : public BlockConsumer {
 public:
  // `header`: returns the header that each stream begins with; called in attach(). `confine`:
  // called first in a thread that looks names up.
  FeedBeside(FeedOptions options, std::uint32_t block_size_bytes,
             std::function<RecordingHeader()> header, std::function<void()> confine)
      : options_(std::move(options)),
        block_size_bytes_(block_size_bytes),
        header_(std::move(header)),
        confine_(std::move(confine)) {}

  void attach(Capture& capture) override;
  void open() override { server_->look_up(confine_); }
  void start(const std::vector<int>& cpus) override { server_->start(cpus); }
  void blocks_ended(const std::vector<ClosingLedger>& rings) override;
  bool finished() noexcept override { return server_->finished(); }
  std::uint64_t progress() const noexcept override { return server_->progress(); }
  EndPatience patience() noexcept override;
  void leave() noexcept override { server_->request_leave(); }
  void stop() noexcept override;
  void add_to(RecordStats& stats) const override;

 private:
  FeedOptions options_;
  std::uint32_t block_size_bytes_;
  std::function<RecordingHeader()> header_;
  std::function<void()> confine_;
  std::optional<FeedServer> server_;            // set by attach()
  std::vector<const BestEffortQueue*> queues_;  // owned by the server
};

}  // namespace capstan::tools
