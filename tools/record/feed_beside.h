// FeedBeside: a recording over TCP (`record -w tcp-listen:PORT`) as one of its consumers: best
// effort, in the thread of a FeedServer.
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
  // `header`: what a stream begins with; asked in attach().
  FeedBeside(FeedOptions options, std::uint32_t block_size_bytes,
             std::function<RecordingHeader()> header)
      : options_(std::move(options)),
        block_size_bytes_(block_size_bytes),
        header_(std::move(header)) {}

  void attach(Capture& capture) override;
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
  std::optional<FeedServer> server_;            // from attach() on
  std::vector<const BestEffortQueue*> queues_;  // the server's
};

}  // namespace capstan::tools
