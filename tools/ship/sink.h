// Sink: where batches go. Three of them: ClickHouse, a file, Kafka.
//
// The contract by which every row is there once, whatever is killed when: batches are put in their
// order, one at a time; after anything but kDone from put() the caller calls open() and settle()
// again before the next put(). open() makes sure that no earlier put() can still take effect;
// settle() then says how many batches of the spool are there.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tools/ship/ship_state.h"
#include "tools/ship/spool.h"

namespace capstan::fleet {

struct Answer {
  enum class Kind : std::uint8_t {
    kDone,
    kLater,    // may work later: the server is away, its disk is full
    kRefused,  // will not work until a person does something
    kTaken,    // never may: the name belongs to another sensor
  };
  Kind kind = Kind::kDone;
  std::string text;  // a sentence; never a password

  bool done() const noexcept { return kind == Kind::kDone; }
  static Answer later(std::string text) { return {Kind::kLater, std::move(text)}; }
  static Answer refused(std::string text) { return {Kind::kRefused, std::move(text)}; }
};

// One thread.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Answer open() = 0;
  // Sets `batches` to the number of the spool's batches that are there: the first so many.
  virtual Answer settle(const Spool& spool, std::uint64_t& batches) = 0;
  // `number`: of the batch in the spool. Throws SpoolDamaged before anything of it is sent.
  virtual Answer put(const Spool& spool, std::uint64_t number) = 0;
  // All batches are there. The state is saved afterwards.
  virtual void finished(const Spool& spool) { static_cast<void>(spool); }
  // The state's current file is given up: its spool is lost, and so is the recording. What of it is
  // there stays; the state is saved afterwards. Requires: open() was the last to answer, with
  // kDone.
  virtual Answer given_up() { return {}; }
  // Nothing more will come for now: gives back what the server holds for us.
  virtual void close() noexcept {}
  // Known after open().
  virtual Packing packing() const noexcept = 0;
  virtual bool wants_eve() const noexcept = 0;
  // Whether the state has to be saved after each batch, because only it says what is there.
  virtual bool needs_each_watermark() const noexcept { return false; }
  // Notices for a person that open() found, once each: a wrong clock.
  std::vector<std::string> take_notices() { return std::move(notices_); }

 protected:
  std::vector<std::string> notices_;
};

}  // namespace capstan::fleet
