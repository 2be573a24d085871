// Links: the interfaces of a running recording: what happens to them, and what was lost before it
// reached their rings.
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

// One thread. Created before the capture, so that no change is missed.
class Links {
 public:
  // Called with each event and its text before the text is logged: a reader of the log may then
  // send packets that have to come after the event in the recording.
  using Recording = std::function<void(const LinkEvent&, const std::string& text)>;

  // `wait`: the recording goes on when all interfaces are gone, provided that they can be reopened.
  explicit Links(bool wait) : wait_(wait) {}

  // Watches the interfaces of `capture`, which must outlive this object, from now on. Throws
  // std::system_error.
  void watch(Capture& capture, const SignalEvents& signals);
  int descriptor() const noexcept { return links_.descriptor(); }
  // Takes the events that have happened, logs them, and reopens interfaces that have returned.
  void on_events(const Recording& recording);
  // The recording ends: interfaces that return later are not recorded any more.
  void end() noexcept { ended_ = true; }

  // Whether no interface is left to record, and none is waited for.
  bool all_gone() const noexcept { return links_.all_gone() && !waits(); }
  // Whether all_gone() became true because the last interface vanished, which the user did not ask
  // for.
  bool vanished() const noexcept { return vanished_; }

  // Packets lost in the adapter since the recording began. Requires: an interface of the capture.
  std::uint64_t nic_drops(const std::string& interface_name) {
    return nic_drops_.at(interface_name).total();
  }
  // The same as of the last nic_drops() or add_to(), without reading the counter.
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
  Capture* capture_ = nullptr;                  // set by watch()
  std::map<std::string, NicDrops> nic_drops_;   // by interface; also rx_dropped_
  std::map<std::string, NicDrops> rx_dropped_;  // see read_rx_dropped()
};

}  // namespace capstan::tools
