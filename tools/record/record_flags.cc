#include "tools/record/record_flags.h"

#include "tools/common/command_line.h"
#include "tools/common/config_file.h"

namespace capstan::tools {

namespace {

void add_capture_options(CommandLine& app, RawRecordOptions& raw, RecordOptions& options) {
  app.add_option(
         "-i,--interface", options.capture.interfaces,
         "Interface to record, by name or by its number in -D; again for several; any for all")
      .allow_extra_args(false);
  app.add_option("-s,--snapshot-length,--snaplen", raw.snaplen,
                 "Bytes kept of each packet (default 262144; 0 means that too)");
  app.add_option("-c,--count", raw.count, "Stop after exactly this many packets");
  app.add_option("-B,--buffer-size", raw.buffer_size,
                 "Ring memory per ring: MiB, or with a unit, such as 64M or 1G (default 256)");
  app.add_option("--rings", raw.rings, "Rings per interface, or auto for one per CPU (default 1)");
  app.add_option("--fanout", raw.fanout,
                 "How rings share packets: hash, cpu, qm, lb, rnd or rollover (default hash)");
  app.add_option("--cpus", raw.cpus, "CPUs for the threads, such as 2,4-7; ring N gets the Nth");
  app.add_option("--block-size", raw.block_size,
                 "Bytes of a ring block, a power of two, such as 128K (default 1M)");
  app.add_option("--retire-ms", options.capture.retire_timeout_ms,
                 "Hand a part-filled block over after so many milliseconds (default 100)");
  app.add_flag("--wait-for-interface", options.wait_for_interface,
               "Wait for interfaces that are not there yet, or not any more, instead of ending");
  app.add_flag("-p,--no-promiscuous-mode", raw.no_promiscuous, "Do not go promiscuous");
  app.add_flag("--hardware-timestamps", options.capture.hardware_timestamps,
               "Use the network adapter's timestamps");
  app.add_option("filter", raw.filter, "Packets to take, in libpcap's filter language");
}

void add_output_options(CommandLine& app, RawRecordOptions& raw, RecordOptions& options) {
  app.add_option(
         "-w,--write", options.files,
         "File to write; - for standard output, /dev/null to measure the capture alone; again "
         "for stripes on several disks. tcp-listen:[ADDRESS:]PORT: beside them, to whoever "
         "connects "
         "(127.0.0.1 unless an address is named); tcp:HOST:PORT: beside them, to a server")
      .allow_extra_args(false);
  app.add_option("--allow", raw.allowed,
                 "Who may connect to tcp-listen: an address or a network, such as 192.0.2.0/24; "
                 "again for more")
      .allow_extra_args(false);
  app.add_option("-F,--format", raw.format,
                 "pcapng, pcap (microseconds) or pcap-ns (default: as -w ends, else pcapng)");
  app.add_option("--layout", raw.layout, "auto, in-place (no copy) or packed (dense)");
  app.add_flag("--split-rings", options.split_rings, "A file for each ring: NAME.ringN.EXTENSION");
  app.add_flag("--no-direct", raw.no_direct, "Write through the page cache instead of O_DIRECT");
  app.add_flag("-q,--quiet", options.quiet,
               "No live line, and no report unless something went wrong");
  app.add_option("--stats-json", options.stats_file,
                 "Write statistics as JSON lines to FILE, - for standard output");
  app.add_option("--stats-interval", raw.stats_interval_s,
                 "Seconds between statistics lines (default: only at the end)");
  app.add_flag("--index,!--no-index", raw.index,
               "An index beside each finished file (NAME.cidx), made at idle priority, by which "
               "it is searched (default: where files rotate)");
  add_watch_options(app, raw.watch);
  app.add_option(
      "--audit", options.audit_file,
      "Beside the recording, as far as there is time: is every login encrypted? Findings "
      "go to FILE as JSON lines, - for standard output; exit status 4 when a login "
      "crossed the wire in the clear");
  app.add_flag("--fail-on-loss", options.fail_on_loss, "Exit with status 3 when packets were lost");
  app.add_option("-Z,--user", options.user,
                 "Become this user once everything is open (default for root: the owner of the "
                 "target directory)");
  app.add_flag("--keep-privileges", options.keep_privileges,
               "Give nothing up: no change of user, no sandbox");
}

}  // namespace

void add_record_options(CommandLine& app, RawRecordOptions& raw, RecordOptions& options) {
  add_capture_options(app, raw, options);
  add_output_options(app, raw, options);
  add_storage_options(app, raw.storage);
  add_config_option(app, raw.config, "buffer-size = 512");
  app.add_flag("-D,--list-interfaces", raw.list_interfaces, "List the interfaces and exit");
  add_habit_options(app, raw.habits, options);
}

}  // namespace capstan::tools
