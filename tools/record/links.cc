#include "tools/record/links.h"

#include <fmt/format.h>

#include <system_error>

#include "tools/common/log.h"
#include "tools/record/record_stats.h"
#include "tools/watch/link_text.h"

namespace capstan::tools {

void Links::watch(Capture& capture, const SignalEvents& signals) {
  capture_ = &capture;
  for (std::size_t ring = 0; ring < capture.ring_count(); ++ring) {
    const RingInfo& info = capture.ring_info(ring);
    links_.watch(info.interface_index, info.interface_name);
    nic_drops_.try_emplace(info.interface_name, info.interface_name);
    rx_dropped_.try_emplace(info.interface_name, info.interface_name, read_rx_dropped);
  }
  const SignalEvents::Deadly deadly(signals);
  links_.learn();
}

void Links::on_events(const Recording& recording) {
  for (const LinkEvent& event : links_.take_events()) {
    const bool ends = all_gone();
    const std::string text = link_event_text(event, ends, capture_->can_reattach());
    const bool bad = event.change == LinkChange::kDown || event.change == LinkChange::kVanished ||
                     event.change == LinkChange::kCarrierLost || !event.same_type;
    recording(event, text);
    standard_log().write(bad ? LogLevel::kWarning : LogLevel::kNotice, text);
    if (event.change == LinkChange::kVanished) vanished_ = vanished_ || ends;
    if (event.change == LinkChange::kRenamed) {
      nic_drops_.at(event.interface_name).renamed(event.name);
      rx_dropped_.at(event.interface_name).renamed(event.name);
    }
    if (event.change == LinkChange::kReturned && event.same_type) reattach(event);
  }
}

void Links::reattach(const LinkEvent& event) {
  if (ended_ || !capture_->can_reattach()) return;
  try {
    if (!capture_->reattach(event.interface_name, event.interface_index)) {
      standard_log().write(
          LogLevel::kWarning,
          fmt::format("{}: its own timestamps cannot be switched on again without CAP_NET_ADMIN; "
                      "the kernel's are used",
                      event.interface_name));
    }
    nic_drops_.at(event.interface_name).returned(event.interface_name);
    rx_dropped_.at(event.interface_name).returned(event.interface_name);
  } catch (const std::system_error& error) {
    // Gone again already, most likely: its next return is another chance.
    standard_log().write(LogLevel::kWarning, fmt::format("{} cannot be recorded again: {}",
                                                         event.interface_name, error.what()));
  }
}

PacketSizes Links::packet_sizes(const std::string& interface_name) const {
  PacketSizes sizes{interface_name, 0, 0};
  for (const WatchedLink& link : links_.links()) {
    if (link.opened_as != interface_name) continue;
    sizes.mtu = link.now.mtu;
    sizes.largest_segments = link.now.largest_segments;
  }
  return sizes;
}

void Links::add_to(RecordStats& stats) {
  for (auto& [name, drops] : nic_drops_) stats.nic_drops += drops.total();
  for (auto& [name, drops] : rx_dropped_) stats.rx_dropped += drops.total();
  for (const WatchedLink& link : links_.links()) {
    stats.links.push_back(
        {link.opened_as, link.now.name, link.gone, link.now.up, link.now.carrier, link.now.mtu});
  }
}

}  // namespace capstan::tools
