// What is told of links from what the kernel says, in any order and with messages missing.
#include "engine/capture/link_states.h"

#include <gtest/gtest.h>

#include "tools/watch/link_text.h"

namespace capstan {
namespace {

LinkFacts facts(int index, const std::string& name) {
  LinkFacts facts;
  facts.index = index;
  facts.name = name;
  facts.hardware_type = 1;
  facts.mtu = 1500;
  return facts;
}

std::string changes(const std::vector<LinkEvent>& events) {
  std::string text;
  for (const LinkEvent& event : events) {
    text += (text.empty() ? "" : " ") + event.interface_name + ":" + link_change_name(event.change);
  }
  return text;
}

// Links 7 (eth0) and 8 (eth1) watched and known, 9 (bond0) there too.
class LinkStatesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    states_.watch(7, "eth0");
    states_.watch(8, "eth1");
    states_.watch(7, "eth0");  // another ring of it
    states_.watch(0, "any");
    dump({facts(7, "eth0"), facts(8, "eth1"), facts(9, "bond0")});
    ASSERT_EQ(states_.links().size(), 2U);
  }
  std::string dump(const std::vector<LinkFacts>& all) {
    states_.begin_dump();
    for (const LinkFacts& one : all) EXPECT_TRUE(states_.update(one).empty());
    return changes(states_.end_dump());
  }
  LinkStates states_;
};

TEST_F(LinkStatesTest, TellsEachChangeOnce) {
  LinkFacts now = facts(7, "eth0");
  EXPECT_EQ(changes(states_.update(now)), "");
  now.up = now.carrier = false;
  EXPECT_EQ(changes(states_.update(now)), "eth0:down") << "that the carrier is lost goes with it";
  EXPECT_EQ(changes(states_.update(now)), "");
  now.up = now.carrier = true;
  EXPECT_EQ(changes(states_.update(now)), "eth0:up");
  now.carrier = false;
  EXPECT_EQ(changes(states_.update(now)), "eth0:carrier-lost");
  now.carrier = true;
  now.mtu = 9000;
  const std::vector<LinkEvent> events = states_.update(now);
  EXPECT_EQ(changes(events), "eth0:mtu eth0:carrier-back");
  EXPECT_EQ(tools::link_event_text(events[0], false, true),
            "eth0: the MTU is now 9000, it was 1500");
  EXPECT_EQ(changes(states_.update(facts(10, "eth2"))), "") << "nobody watches it";
}

TEST_F(LinkStatesTest, NamesTheMaster) {
  LinkFacts now = facts(7, "eth0");
  now.master_index = 9;
  now.master_kind = "bond";
  std::vector<LinkEvent> events = states_.update(now);
  ASSERT_EQ(changes(events), "eth0:joined");
  EXPECT_EQ(tools::link_event_text(events[0], false, true), "eth0 is now part of bond0 (bond)");
  events = states_.update(facts(7, "eth0"));
  ASSERT_EQ(changes(events), "eth0:left");
  EXPECT_EQ(tools::link_event_text(events[0], false, true), "eth0 is no longer part of bond0");
}

TEST_F(LinkStatesTest, FollowsTheInterfaceNotTheName) {
  EXPECT_EQ(changes(states_.update(facts(7, "uplink"))), "eth0:renamed");
  EXPECT_EQ(changes(states_.update(facts(11, "eth0"))), "") << "a new one of the old name";
  EXPECT_EQ(changes(states_.remove(7, false)), "eth0:vanished eth0:returned");
  EXPECT_EQ(states_.links()[0].now.index, 11);
}

TEST_F(LinkStatesTest, VanishesMovesAndReturns) {
  std::vector<LinkEvent> events = states_.remove(7, true);
  ASSERT_EQ(changes(events), "eth0:vanished");
  EXPECT_TRUE(events[0].moved_away);
  EXPECT_FALSE(states_.all_gone());
  events = states_.remove(8, false);
  ASSERT_EQ(changes(events), "eth1:vanished");
  EXPECT_FALSE(events[0].moved_away);
  EXPECT_TRUE(states_.all_gone());
  LinkFacts back = facts(20, "eth0");
  back.up = false;
  events = states_.update(back);
  ASSERT_EQ(changes(events), "eth0:returned eth0:down");
  EXPECT_EQ(events[0].interface_index, 20);
  EXPECT_FALSE(states_.all_gone());
}

TEST_F(LinkStatesTest, AnotherKindOfLinkIsSaidOnceAndNotTaken) {
  states_.remove(7, false);
  LinkFacts tunnel = facts(20, "eth0");
  tunnel.hardware_type = 65534;
  const std::vector<LinkEvent> events = states_.update(tunnel);
  ASSERT_EQ(changes(events), "eth0:returned");
  EXPECT_FALSE(events[0].same_type);
  EXPECT_EQ(changes(states_.update(tunnel)), "");
  EXPECT_TRUE(states_.links()[0].gone);
  states_.remove(20, false);
  EXPECT_EQ(changes(states_.update(facts(21, "eth0"))), "eth0:returned");
}

TEST_F(LinkStatesTest, ADumpBringsWhatWasMissed) {
  EXPECT_EQ(dump({facts(8, "eth1")}), "eth0:vanished");
  LinkFacts down = facts(8, "eth1");
  down.up = false;
  EXPECT_EQ(dump({facts(30, "eth0"), down}), "eth0:returned eth1:down");
  EXPECT_EQ(dump({facts(31, "eth0"), down}), "eth0:vanished eth0:returned") << "between two looks";
  EXPECT_EQ(dump({facts(31, "eth0"), down}), "");
}

}  // namespace
}  // namespace capstan
