// Disks that fill up, hang and vanish under a recorder, on small file systems of the test's own;
// and what is done with finished files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "engine/core/unique_fd.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"
#include "writers/file/file_lock.h"

namespace capstan::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFrameBytes = 1000;

class RecordStorage : public Sandbox {
 protected:
  void TearDown() override {
    for (const std::string& place : mounted_) unmount(place);
    Sandbox::TearDown();
  }

  // A file system of its own in an image file, with about `free_mib` free.
  std::string make_disk(const std::string& type, int free_mib,
                        const std::string& mount_options = "defaults") {
    const std::string image = file(type + ".image");
    const std::string place = file(type);
    if (type == "tmpfs") {
      shell("mkdir " + place + " && mount -t tmpfs -o size=" + std::to_string(free_mib) +
            "M none " + place);
      mounted_.push_back(place);
      return place;
    }
    // mkfs.xfs makes nothing smaller than 300 MiB.
    const std::string options = type == "ext4" ? " -m 0 -q " : " -q ";
    shell("rm -f " + image + " && truncate -s 320M " + image + " && mkfs." + type + options +
          image + " && mkdir " + place + " && mount -o loop," + mount_options + " " + image + " " +
          place);
    mounted_.push_back(place);
    const fs::space_info space = fs::space(place);
    const std::uint64_t ballast = space.available - (static_cast<std::uint64_t>(free_mib) << 20U);
    shell("fallocate -l " + std::to_string(ballast) + " " + place + "/ballast");
    return place;
  }

  // What a file system does when its device is gone: ext4 and XFS share the request
  // (fs/ext4/ioctl.c, fs/xfs/xfs_ioctl.c; there XFS_IOC_GOINGDOWN). Nothing is flushed.
  static void shut_down(const std::string& place) {
    constexpr std::uint32_t kNoLogFlush = 2;
    const UniqueFd fd(::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(fd) << place;
    ASSERT_EQ(::ioctl(fd.get(), _IOR('X', 125, std::uint32_t), &kNoLogFlush), 0) << errno;
  }

  static void send(std::uint32_t first, std::uint32_t count) {
    const FrameSender sender("v0");
    for (std::uint32_t i = 0; i < count; ++i)
      sender.send(make_udp_frame(5000, first + i, kFrameBytes));
  }

  static std::vector<std::string> files_in(const std::string& place, const std::string& stem) {
    std::vector<std::string> paths;
    for (const auto& entry : fs::directory_iterator(place)) {
      const std::string name = entry.path().filename().string();
      EXPECT_FALSE(name.ends_with(".part")) << name;
      if (name.starts_with(stem) && !name.ends_with(".cidx"))
        paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  // The numbers in the files one after another; each file is readable by other programs.
  static std::vector<std::uint32_t> numbers_in(const std::vector<std::string>& files) {
    std::vector<std::uint32_t> numbers;
    for (const std::string& path : files) {
      const ReadRecording recording = read_recording(path);
      EXPECT_EQ(recording.complaint, "") << path;
      expect_readable(path, recording.packets.size());
      for (const auto& packet : recording.packets) numbers.push_back(number_of(packet.bytes));
    }
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end())) << "order across the files";
    EXPECT_EQ(std::set<std::uint32_t>(numbers.begin(), numbers.end()).size(), numbers.size())
        << "doubled packets";
    return numbers;
  }

  static bool waits(const RecordRun& record) {
    const Statistics statistics = record.statistics();
    return statistics && statistics.all().find("\"waits_for\": null") == std::string::npos;
  }

  std::vector<std::string> mounted_;
};

TEST_F(RecordStorage, FullDiskPausesAndGoesOnWhenThereIsSpace) {
  for (const char* type : {"ext4", "xfs"}) {
    for (const bool rotating : {false, true}) {
      SCOPED_TRACE(std::string(type) + (rotating ? " rotating" : ""));
      const std::string place = make_disk(type, 12);
      std::vector<std::string> arguments = {
          "-i", "v1", "-B", "64", "-w", place + "/x.pcapng", "--on-full", "pause"};
      if (rotating) arguments.insert(arguments.end(), {"-b", "filesize:4000"});
      RecordRun record(arguments);
      ASSERT_TRUE(record.wait_started()) << record.err();
      send(0, 20'000);  // 20 MB, which the ring can hold and the disk cannot
      ASSERT_TRUE(record.wait_received(20'000));
      ASSERT_TRUE(wait_until([&] { return waits(record); })) << record.statistics().all();
      EXPECT_TRUE(record.process().is_running());
      fs::remove(place + "/ballast");
      ASSERT_TRUE(record.wait_written(20'000)) << record.statistics().all();
      send(20'000, 1000);
      ASSERT_TRUE(record.wait_written(21'000));
      EXPECT_EQ(record.stop(), 0) << record.err();
      expect_reconciled(record.statistics());
      EXPECT_NE(record.err().find("No space left"), std::string::npos) << record.err();
      EXPECT_NE(record.err().find("takes writes again"), std::string::npos) << record.err();
      EXPECT_EQ(numbers_in(files_in(place, "x")).size(), 21'000U) << "the ring held all of it";
      unmount(place);
      mounted_.pop_back();
      fs::remove_all(place);
    }
  }
}

TEST_F(RecordStorage, AFullDiskLeavesAFileThatSaysWhatItLost) {
  for (const char* type : {"ext4", "xfs", "tmpfs"}) {
    for (const char* policy : {"stop", "pause"}) {
      SCOPED_TRACE(std::string(type) + " " + policy);
      const std::string place = make_disk(type, 12);
      const std::string path = place + "/x.pcapng";
      RecordRun record({"-i", "v1", "-B", "64", "-w", path, "--on-full", policy});
      ASSERT_TRUE(record.wait_started()) << record.err();
      send(0, 30'000);  // 30 MB, which the ring can hold and the disk cannot
      if (std::string(policy) == "pause") {
        ASSERT_TRUE(wait_until([&] { return waits(record); })) << record.statistics().all();
        EXPECT_EQ(record.stop(), 1) << record.err();
      } else {
        EXPECT_EQ(record.wait(), 1) << record.err();
      }
      const Statistics statistics = record.statistics();
      expect_reconciled(statistics);
      const Statistics info = info_of(path);
      ASSERT_EQ(info.text("/loss/proof"), "proved") << info.all() << statistics.all();
      EXPECT_FALSE(info.flag("/loss/lossless")) << info.all();
      EXPECT_TRUE(info.flag("/loss/disk_refused"));
      EXPECT_EQ(info.number("/packets"), statistics.number("/packets_written"));
      EXPECT_EQ(info.number("/loss/packets_missing"), statistics.number("/packets_failed"));
      EXPECT_EQ(info.number("/loss/packets_dropped"), statistics.number("/packets_dropped"));
      expect_readable(path, info.number("/packets"));
      unmount(place);
      mounted_.pop_back();
      fs::remove_all(place);
    }
  }
}

// Behind Landlock /proc/locks has no name any more; here it is covered instead.
TEST_F(RecordStorage, AFileLockedByALivingRecorderIsRefusedAtOnceWithoutProc) {
  const std::string path = file("locked");
  const UniqueFd holder(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(try_lock_file(holder.get()));
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr unsigned kFarBelowTheWait = 5;  // a dead holder is waited for twice as long
    const UniqueFd other(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/proc", "tmpfs", 0, "") != 0) ::_exit(3);
    ::alarm(kFarBelowTheWait);
    ::_exit(try_lock_file(other.get()) ? 2 : 0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "it waited for a holder that lives";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(RecordStorage, ASmallDiskIsNotTakenAhead) {
  const std::string place = make_disk("ext4", 32);
  RecordRun record({"-i", "v1", "-B", "4", "-w", place + "/x.pcapng", "-b", "filesize:8000",
                    "--alarm-disk", "31MB"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send(0, 50);
  ASSERT_TRUE(record.wait_written(50));
  EXPECT_GT(fs::space(place).available, std::uintmax_t{20} << 20U) << "others record nothing here";
  EXPECT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(record.err().find("nearly full"), std::string::npos) << record.err();
  EXPECT_GT(fs::space(place).available, std::uintmax_t{31} << 20U) << "given back at the end";
}

TEST_F(RecordStorage, FullDiskStopsByDefaultWithAValidFile) {
  for (const char* type : {"ext4", "xfs"}) {
    SCOPED_TRACE(type);
    const std::string place = make_disk(type, 12);
    RecordRun record({"-i", "v1", "-B", "64", "-b", "filesize:4000", "-w", place + "/x.pcapng"});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send(0, 20'000);
    EXPECT_EQ(record.wait(), 1);
    expect_reconciled(record.statistics());
    EXPECT_NE(record.err().find("the disk is full"), std::string::npos) << record.err();
    const auto numbers = numbers_in(files_in(place, "x"));
    EXPECT_GT(numbers.size(), 5'000U);
    EXPECT_EQ(numbers.size(), record.statistics().number("/packets_written"));
  }
}

TEST_F(RecordStorage, ARingThatOverflowsMeanwhileSaysWhatIsMissingAndWhere) {
  const std::string place = make_disk("ext4", 6);
  RecordRun record({"-i", "v1", "-B", "8", "-w", place + "/x.pcapng", "--on-full", "pause"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send(0, 40'000);
  ASSERT_TRUE(record.wait_received(40'000));
  ASSERT_TRUE(wait_until([&] { return waits(record); }));
  fs::remove(place + "/ballast");
  ASSERT_TRUE(wait_until([&] { return !waits(record); }));
  send(40'000, 1000);
  ASSERT_TRUE(record.wait_received(41'000));
  EXPECT_EQ(record.stop(), 0) << record.err();
  const Statistics statistics = record.statistics();
  expect_reconciled(statistics);
  const std::uint64_t dropped = statistics.number("/packets_dropped");
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(statistics.number("/packets_failed"), 0U) << "the ring is the only place of loss";
  EXPECT_EQ(numbers_in(files_in(place, "x")).size(), 41'000U - dropped);
  const Statistics info = info_of(place + "/x.pcapng");
  EXPECT_EQ(info.number("/loss/packets_dropped"), dropped) << info.all();
}

TEST_F(RecordStorage, OldestFilesMakeRoom) {
  for (const char* type : {"ext4", "xfs"}) {
    SCOPED_TRACE(type);
    const std::string place = make_disk(type, 24);
    shell("touch " + place + "/x_other.pcapng " + place + "/x_99999_2020.pcapng");
    RecordRun record({"-i", "v1", "-B", "64", "-b", "filesize:2000", "-w", place + "/x.pcapng",
                      "--on-full", "oldest"});
    ASSERT_TRUE(record.wait_started()) << record.err();
    for (std::uint32_t first = 0; first < 60'000; first += 20'000) {
      send(first, 20'000);
      ASSERT_TRUE(record.wait_written(first + 20'000)) << record.statistics().all();
    }
    EXPECT_EQ(record.stop(), 0) << record.err();
    const Statistics statistics = record.statistics();
    expect_reconciled(statistics);
    EXPECT_EQ(statistics.number("/packets_written"), 60'000U);
    EXPECT_GT(statistics.number("/files/0/deleted_files"), 0U);
    EXPECT_TRUE(fs::exists(place + "/x_other.pcapng"));
    EXPECT_TRUE(fs::exists(place + "/x_99999_2020.pcapng"));
    const auto numbers = numbers_in(files_in(place, "x_0"));
    ASSERT_FALSE(numbers.empty());
    EXPECT_EQ(numbers.back(), 59'999U);
    EXPECT_EQ(numbers.back() - numbers.front() + 1, numbers.size()) << "only the oldest went";
  }
}

TEST_F(RecordStorage, MinFreeKeepsTheDiskFromFillingUp) {
  const std::string place = make_disk("ext4", 60);
  RecordRun record({"-i", "v1", "-B", "64", "-b", "filesize:2000", "-w", place + "/x.pcapng",
                    "--min-free", "40MB"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  for (std::uint32_t first = 0; first < 60'000; first += 5'000) {
    send(first, 5'000);
    ASSERT_TRUE(record.wait_written(first + 5'000)) << record.err();
  }
  ASSERT_TRUE(wait_until([&] { return fs::space(place).available > 40'000'000; }));
  EXPECT_EQ(record.stop(), 0) << record.err();
  const auto numbers = numbers_in(files_in(place, "x"));
  ASSERT_FALSE(numbers.empty());
  EXPECT_EQ(numbers.back(), 59'999U);
  EXPECT_GT(record.statistics().number("/files/0/deleted_files"), 0U);
}

// btrfs has its own quotas, so a kernel without disk quotas will do.
TEST_F(RecordStorage, AQuotaPausesAndGoesOnWhenItIsRaised) {
  // The limit is set from outside of what it limits: btrfs_ioctl_qgroup_limit (fs/btrfs/ioctl.c)
  // opens a transaction on the subvolume of its path, which a full one can refuse with EDQUOT.
  const std::string disk = make_disk("btrfs", 100);
  const std::string place = disk + "/recordings";
  shell("btrfs -q quota enable " + disk + " && btrfs -q subvolume create " + place);
  const auto limit = [&](const std::string& size) {
    shell("btrfs -q qgroup limit " + size + " 0/$(btrfs inspect-internal rootid " + place + ") " +
          disk);
  };
  limit("12M");
  RecordRun record({"-i", "v1", "-B", "64", "-b", "filesize:4000", "-w", place + "/x.pcapng",
                    "--on-full", "pause"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send(0, 20'000);
  ASSERT_TRUE(record.wait_received(20'000));
  ASSERT_TRUE(wait_until([&] { return waits(record); })) << record.statistics().all();
  EXPECT_NE(record.err().find("quota"), std::string::npos) << record.err();
  limit("90M");
  ASSERT_TRUE(record.wait_written(20'000)) << record.statistics().all();
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(numbers_in(files_in(place, "x")).size(), 20'000U);
}

// A file system that has given its device up answers every write with EIO from then on; ext4 that
// has found damage makes itself read-only (errors=remount-ro).
TEST_F(RecordStorage, ADiskThatIsNeverWellAgainLeavesWhatWasFinished) {
  struct Case {
    const char* type;
    bool read_only;
  };
  for (const Case& one : {Case{"ext4", false}, Case{"xfs", false}, Case{"ext4", true}}) {
    for (const char* policy : {"stop", "pause"}) {
      const std::string type = one.type;
      SCOPED_TRACE(type + (one.read_only ? " read-only " : " EIO ") + policy);
      const std::string place =
          make_disk(type, 100, one.read_only ? "errors=remount-ro" : "defaults");
      RecordRun record({"-i", "v1", "-B", "32", "-b", "filesize:4000", "-w", place + "/x.pcapng",
                        "--on-full", policy});
      ASSERT_TRUE(record.wait_started()) << record.err();
      send(0, 10'000);
      ASSERT_TRUE(record.wait_written(10'000));
      ASSERT_TRUE(
          wait_until([&] { return record.statistics().number("/files/0/finished_files") >= 2; }));
      if (one.read_only) {
        shell("device=$(findmnt -no SOURCE " + place +
              ") && echo test > /sys/fs/ext4/${device#/dev/}/trigger_fs_error");
      } else {
        shut_down(place);
      }
      send(10'000, 10'000);
      if (std::string(policy) == "pause") {
        ASSERT_TRUE(record.wait_received(20'000)) << record.err();
        ASSERT_TRUE(wait_until([&] { return waits(record); })) << record.err();
        EXPECT_EQ(record.stop(), 1) << record.err();
        EXPECT_EQ(record.statistics().number("/packets_received"), 20'000U);
      } else {
        EXPECT_EQ(record.wait(), 1) << record.err();
      }
      expect_reconciled(record.statistics());
      const char* error = one.read_only ? "Read-only file system" : "Input/output error";
      EXPECT_NE(record.err().find(error), std::string::npos) << record.err();
      unmount(place);
      mounted_.pop_back();
      // The journal is replayed, and what was finished is there.
      shell("mount -o loop " + file(type + ".image") + " " + place);
      mounted_.push_back(place);
      std::vector<std::string> finished;
      for (const auto& entry : fs::directory_iterator(place)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("x_") && !name.ends_with(".cidx"))
          finished.push_back(entry.path().string());
      }
      std::sort(finished.begin(), finished.end());
      EXPECT_GE(finished.size(), 2U);
      const auto numbers = numbers_in(finished);
      EXPECT_GE(numbers.size(), 4'000U);
      EXPECT_EQ(numbers.back() + 1, numbers.size()) << "none is missing in front of the last";
      unmount(place);
      mounted_.pop_back();
      fs::remove_all(place);
    }
  }
}

// Frozen, a file system lets no write end until it is thawed, as a controller that resets does.
TEST_F(RecordStorage, ADiskThatHangsCostsWhatTheRingCannotHold) {
  const std::string place = make_disk("ext4", 200);
  RecordRun record({"-i", "v1", "-B", "16", "-w", place + "/x.pcapng", "--layout", "in-place"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send(0, 2'000);
  ASSERT_TRUE(record.wait_written(2'000));
  shell("fsfreeze -f " + place);
  send(2'000, 40'000);
  const bool received = record.wait_received(42'000);
  const bool running = record.process().is_running();
  shell("fsfreeze -u " + place);
  ASSERT_TRUE(received && running) << record.err();
  send(42'000, 500);
  ASSERT_TRUE(record.wait_received(42'500));
  EXPECT_EQ(record.stop(), 0) << record.err();
  const Statistics statistics = record.statistics();
  expect_reconciled(statistics);
  const std::uint64_t dropped = statistics.number("/packets_dropped");
  EXPECT_GT(dropped, 0U) << "the ring was not filled: the disk did not hang";
  EXPECT_EQ(statistics.number("/packets_failed"), 0U);
  EXPECT_EQ(numbers_in(files_in(place, "x")).size(), 42'500U - dropped);
  EXPECT_EQ(info_of(place + "/x.pcapng").number("/loss/packets_dropped"), dropped);
}

// The sandbox knows the directory by its inode: one that was moved away and comes back is the same.
TEST_F(RecordStorage, ADirectoryThatIsAwayForAWhile) {
  const std::string place = file("place");
  fs::create_directory(place);
  RecordRun record({"-i", "v1", "-B", "16", "-b", "duration:100000", "-w", place + "/x.pcapng",
                    "--on-full", "pause"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send(0, 500);
  ASSERT_TRUE(record.wait_written(500));
  fs::rename(place, place + ".away");
  record.process().signal(SIGUSR1);  // a turn is wanted now, and there is no place for a file
  send(500, 500);
  ASSERT_TRUE(record.wait_written(1'000));
  fs::rename(place + ".away", place);
  ASSERT_TRUE(wait_until([&] {
    return record.statistics().number("/files/0/finished_files") >= 1;
  })) << record.statistics().all();
  send(1'000, 500);
  ASSERT_TRUE(record.wait_written(1'500));
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(numbers_in(files_in(place, "x")).size(), 1'500U);
}

TEST_F(RecordStorage, ADirectoryNoLongerWritableIsSaidWhileItIs) {
  const std::string place = file("place");
  fs::create_directory(place);
  shell("chmod 755 " + directory() + " && chown nobody " + place);
  RecordRun record(
      {"-i", "v1", "-B", "16", "-b", "duration:100000", "-w", place + "/x.pcapng", "-Z", "nobody"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  const std::time_t began = std::time(nullptr);  // the waiting file's name has this second
  ASSERT_TRUE(wait_until([&] { return std::time(nullptr) > began + 1; }));
  fs::permissions(place, fs::perms::owner_read | fs::perms::owner_exec);
  send(0, 500);
  record.process().signal(SIGUSR1);
  ASSERT_TRUE(wait_until([&] {
    return record.err().find("no new file can be begun: Permission denied") != std::string::npos;
  })) << record.err();
  send(500, 500);
  ASSERT_TRUE(record.wait_written(1'000)) << record.err();
  fs::permissions(place, fs::perms::owner_all);
  ASSERT_TRUE(wait_until([&] {
    return record.statistics().number("/files/0/finished_files") >= 1;
  })) << record.err();
  ASSERT_TRUE(wait_until([&] {
    return record.err().find("a new file could be begun again") != std::string::npos;
  })) << record.err();
  send(1'000, 500);
  ASSERT_TRUE(record.wait_written(1'500)) << record.err();
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(numbers_in(files_in(place, "x")).size(), 1'500U);
  const std::string said = record.err();
  EXPECT_EQ(said.find("can be begun"), said.rfind("can be begun")) << said;
  for (const auto& entry : fs::directory_iterator(place)) {
    EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
  }
}

TEST_F(RecordStorage, ADeletedDirectoryIsSaidAndAnotherInItsPlaceIsUsed) {
  const std::string place = file("place");
  fs::create_directory(place);
  RecordRun stops({"-i", "v1", "-B", "8", "-w", place + "/x.pcapng"});
  ASSERT_TRUE(stops.wait_started()) << stops.err();
  fs::remove_all(place);
  EXPECT_EQ(stops.wait(), 1);
  expect_reconciled(stops.statistics());
  EXPECT_NE(stops.err().find("No such file"), std::string::npos) << stops.err();

  fs::create_directory(place);
  RecordRun record({"-i", "v1", "-B", "16", "-b", "duration:100000", "-w", place + "/x.pcapng",
                    "--on-full", "pause", "--keep-privileges"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send(0, 500);
  ASSERT_TRUE(record.wait_written(500));
  fs::remove_all(place);
  ASSERT_TRUE(wait_until([&] { return waits(record); }));
  send(500, 500);
  ASSERT_TRUE(record.wait_received(1'000));
  fs::create_directory(place);
  ASSERT_TRUE(wait_until([&] { return record.statistics().number("/packets_failed") == 500; }));
  ASSERT_TRUE(record.wait_written(500));
  EXPECT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  const auto numbers = numbers_in(files_in(place, "x"));
  ASSERT_EQ(numbers.size(), 500U);
  EXPECT_EQ(numbers.front(), 500U);
}

TEST_F(RecordStorage, NamesOfTheTimeEndAfterNFilesAndArePrinted) {
  const std::string names = file("names");
  RecordRun record({"-i", "v1", "-B", "8", "-G", "0.3", "-W", "3", "-b", "printname:" + names, "-w",
                    file("t-%Y%m%d-%H%M%S.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send(0, 100);
  EXPECT_EQ(record.wait(), 0) << record.err();
  expect_reconciled(record.statistics());
  const std::vector<std::string> files = files_in(directory(), "t-2");
  EXPECT_EQ(files.size(), 3U);
  EXPECT_EQ(numbers_in(files).size(), 100U);
  std::ifstream in(names);
  std::vector<std::string> printed;
  for (std::string line; std::getline(in, line);) printed.push_back(line);
  EXPECT_EQ(printed, files);
}

TEST_F(RecordStorage, PacketsTurnBetweenBlocks) {
  RecordRun record(
      {"-i", "v1", "-B", "4", "--block-size", "16K", "-b", "packets:100", "-w", file("p.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  for (std::uint32_t first = 0; first < 600; first += 200) {
    send(first, 200);
    ASSERT_TRUE(record.wait_written(first + 200));
    // The next file is made ready beside the recording; until it is, this one goes on.
    ASSERT_TRUE(wait_until([&] {
      const auto is_finished = [](const auto& entry) {
        return entry.path().filename().string().starts_with("p_");
      };
      const fs::directory_iterator all(directory());
      return std::count_if(begin(all), end(all), is_finished) > first / 200;
    }));
  }
  EXPECT_EQ(record.stop(), 0) << record.err();
  EXPECT_GE(files_in(directory(), "p_").size(), 3U);
  EXPECT_EQ(numbers_in(files_in(directory(), "p_")).size(), 600U);
}

TEST_F(RecordStorage, AProgramRunsForEachFileAsTheDroppedUserWithoutPrivileges) {
  const std::string place = file("out");
  shell("chmod 755 " + directory() + " && mkdir " + place + " && chown 65534 " + place);
  const std::string log = place + "/log";
  // The last of the files fails; names with blanks are one name.
  RecordRun record({"-i", "v1", "-B", "8", "-b", "duration:0.2", "-a", "files:3", "-w",
                    place + "/a b.pcapng", "--on-file",
                    "(echo {}; id -u; nice; grep -h -e CapEff -e CapBnd /proc/self/status) >> '" +
                        log + "'; case {} in *_00003_*) exit 7;; esac"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  EXPECT_EQ(record.wait(), 0) << record.err();
  expect_reconciled(record.statistics());
  std::ifstream in(log);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::vector<std::string> files = files_in(place, "a b_");
  EXPECT_EQ(files.size(), 3U);
  for (const std::string& path : files)
    EXPECT_NE(text.find(path + "\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n65534\n19\n"), std::string::npos) << text;
  EXPECT_NE(text.find("CapEff:\t0000000000000000"), std::string::npos) << text;
  EXPECT_NE(record.err().find("ended with status 7"), std::string::npos) << record.err();
}

TEST_F(RecordStorage, ASlowProgramHoldsUpNothing) {
  const std::string hold = file("hold");  // the programs run as long as it is there
  shell("touch " + hold);
  RecordRun record({"-i", "v1", "-B", "8", "-b", "packets:1", "--block-size", "16K", "-w",
                    file("s.pcapng"), "--on-file",
                    "while [ -e " + hold + " ]; do sleep 0.05; done; : {}"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  for (std::uint32_t i = 0; i < 8; ++i) {
    send(i, 1);
    ASSERT_TRUE(record.wait_written(i + 1));
  }
  EXPECT_TRUE(
      wait_until([&] { return record.statistics().number("/files/0/finished_files") >= 3; }));
  record.process().signal(SIGINT);
  ASSERT_TRUE(wait_until([&] { return record.statistics().flag("/final"); }));
  EXPECT_TRUE(record.process().is_running()) << "it waits for its programs";
  fs::remove(hold);
  EXPECT_EQ(record.wait(), 0) << record.err();
}

TEST_F(RecordStorage, SyncsWhileRecording) {
  for (const char* policy : {"never", "file", "0.05"}) {
    SCOPED_TRACE(policy);
    RecordRun record({"-i", "v1", "-B", "8", "--sync", policy, "-w", file("y.pcapng")});
    ASSERT_TRUE(record.wait_started()) << record.err();
    for (std::uint32_t i = 0; i < 5; ++i) {
      send(i * 100, 100);
      ASSERT_TRUE(record.wait_written((i + 1) * 100));
    }
    EXPECT_EQ(record.stop(), 0) << record.err();
    EXPECT_EQ(numbers_in({file("y.pcapng")}).size(), 500U);
  }
}

}  // namespace
}  // namespace capstan::test
