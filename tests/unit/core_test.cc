// The small parts everything rests on: CPU lists, error texts, descriptors.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <vector>

#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"

namespace capstan {
namespace {

TEST(CpuList, ReadsNumbersAndRangesInTheirOrder) {
  EXPECT_EQ(parse_cpu_list("3"), (std::vector<int>{3}));
  EXPECT_EQ(parse_cpu_list("4,0-2"), (std::vector<int>{4, 0, 1, 2}));
}

TEST(CpuList, RefusesNonsenseByName) {
  for (const char* text : {"", "x", "1,", ",1", "3-1", "-1", "1-", "99999", "1 2"}) {
    EXPECT_THROW(parse_cpu_list(text), UsageError) << "'" << text << "'";
  }
}

TEST(Errors, TextNamesOperationReasonAndMend) {
  try {
    throw_system_error(EACCES, "open /x", "Run as root");
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_STREQ(error.what(), "open /x: Permission denied. Run as root");
    EXPECT_EQ(error.code().value(), EACCES);
  }
}

TEST(UniqueFd, ClosesWhatItOwnsAndNothingElse) {
  int raw = -1;
  {
    UniqueFd fd(::open("/dev/null", O_RDONLY));
    raw = fd.get();
    ASSERT_GE(raw, 0);
    UniqueFd moved(std::move(fd));
    EXPECT_EQ(moved.get(), raw);
    EXPECT_FALSE(fd);  // NOLINT(bugprone-use-after-move): the moved-from state is the subject
  }
  EXPECT_EQ(::fcntl(raw, F_GETFD), -1);
}

}  // namespace
}  // namespace capstan
