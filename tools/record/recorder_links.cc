// The part of Recorder that deals with what happens to the links themselves.
#include <fmt/format.h>

#include <system_error>

#include "engine/core/clock.h"
#include "tools/record/recorder.h"
#include "tools/watch/link_text.h"

namespace capstan::tools {

void Recorder::watch_links() {
  for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
    const RingInfo& info = capture_.ring_info(ring);
    links_.watch(info.interface_index, info.interface_name);
    nic_drops_.try_emplace(info.interface_name, info.interface_name);
    rx_dropped_.try_emplace(info.interface_name, info.interface_name, read_rx_dropped);
  }
  const SignalEvents::Deadly deadly(signals_);
  links_.learn();
}

bool Recorder::waits_for_links() const noexcept {
  return line_.wait_for_interface && capture_.can_reattach();
}

void Recorder::on_link_events() {
  for (const LinkEvent& event : links_.take_events()) {
    const bool ends = links_.all_gone() && !waits_for_links();
    const std::string text = link_event_text(event, ends, capture_.can_reattach());
    const bool bad = event.change == LinkChange::kDown || event.change == LinkChange::kVanished ||
                     event.change == LinkChange::kCarrierLost || !event.same_type;
    // The recording first: whoever reads the line may send what belongs behind the event.
    put_in_recording(event, text);
    say(text, bad ? LogLevel::kWarning : LogLevel::kNotice);
    if (event.change == LinkChange::kVanished) failed_ = failed_ || ends;
    if (event.change == LinkChange::kRenamed) {
      nic_drops_.at(event.interface_name).renamed(event.name);
      rx_dropped_.at(event.interface_name).renamed(event.name);
    }
    if (event.change == LinkChange::kReturned && event.same_type) reattach(event);
  }
}

// Into every file that holds packets of this interface.
void Recorder::put_in_recording(const LinkEvent& event, const std::string& text) {
  RecordedEvent recorded;
  recorded.timestamp_ns = wall_clock_ns();
  recorded.change = event.change;
  recorded.text = text;
  for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
    if (capture_.ring_info(ring).interface_name != event.interface_name) continue;
    if (line_.split_rings) {
      writers_[ring]->add_event(recorded);
      continue;
    }
    recorded.interface_id = static_cast<std::uint32_t>(ring);
    for (const auto& writer : writers_) writer->add_event(recorded);
    return;  // the first ring of the interface stands for it
  }
}

void Recorder::reattach(const LinkEvent& event) {
  if (ended_ns_ != 0 || !capture_.can_reattach()) return;
  try {
    if (!capture_.reattach(event.interface_name, event.interface_index)) {
      say(fmt::format("{}: its own timestamps cannot be switched on again without CAP_NET_ADMIN; "
                      "the kernel's are used",
                      event.interface_name),
          LogLevel::kWarning);
    }
    nic_drops_.at(event.interface_name).returned(event.interface_name);
    rx_dropped_.at(event.interface_name).returned(event.interface_name);
  } catch (const std::system_error& error) {
    // Gone again already, most likely: its next return is another chance.
    say(fmt::format("{} cannot be recorded again: {}", event.interface_name, error.what()),
        LogLevel::kWarning);
  }
}

}  // namespace capstan::tools
