// Links: the interfaces of a recording while it lasts: what happens to them, and what was lost in
// front of their rings.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "engine/capture/capture.h"
#include "engine/capture/link_watch.h"
#include "tools/common/signals.h"
#include "tools/record/start_notes.h"
#include "tools/watch/nic_drops.h"

namespace capstan::tools {

struct RecordStats;

// One thread. Made before the capture, so that no change is missed.
class Links {
 public:
  // Told of each event and its text before it is said: whoever reads the line may send what belongs
  // behind the event in the recording.
  using Recording = std::function<void(const LinkEvent&, const std::string& text)>;

  // `wait`: the recording goes on when all are gone, where it can.
  explicit Links(bool wait) : wait_(wait) {}

  // The interfaces of `capture`, which outlives this, are watched from here on. Throws
  // std::system_error.
  void watch(Capture& capture, const SignalEvents& signals);
  int descriptor() const noexcept { return links_.descriptor(); }
  // Takes what has happened: says it, and goes on with interfaces that have returned.
  void on_events(const Recording& recording);
  // The recording ends: interfaces that return now are not recorded any more.
  void end() noexcept { ended_ = true; }

  // No interface is left to record, and none is waited for.
  bool all_gone() const noexcept { return links_.all_gone() && !waits(); }
  // That was so when the last one vanished: it was not the user's wish.
  bool vanished() const noexcept { return vanished_; }

  // Lost in the adapter since the recording began. Requires: an interface of the capture.
  std::uint64_t nic_drops(const std::string& interface_name) {
    return nic_drops_.at(interface_name).total();
  }
  // The same as of the last add_to().
  std::uint64_t nic_drops_said(const std::string& interface_name) const {
    return nic_drops_.at(interface_name).said();
  }
  PacketSizes packet_sizes(const std::string& interface_name) const;
  void add_to(RecordStats& stats);

 private:
  bool waits() const noexcept { return wait_ && capture_->can_reattach(); }
  void reattach(const LinkEvent& event);

  bool wait_;
  bool ended_ = false;
  bool vanished_ = false;
  LinkWatch links_;
  Capture* capture_ = nullptr;                  // from watch() on
  std::map<std::string, NicDrops> nic_drops_;   // by interface, as the next
  std::map<std::string, NicDrops> rx_dropped_;  // see read_rx_dropped()
};

}  // namespace capstan::tools
