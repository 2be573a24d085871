# Two network namespaces with a veth pair between them, for quickstart and for trying things by hand.
# Sourced: sets the names, defines netns_make and netns_remove.
# shellcheck shell=bash

netns_source=capstan-source-$$
netns_sink=capstan-sink-$$
veth_source=tx0
veth_sink=rx0

netns_make() {
  ip netns add "$netns_source"
  ip netns add "$netns_sink"
  ip link add "$veth_source" netns "$netns_source" type veth peer name "$veth_sink" netns "$netns_sink"
  # Nothing but our own traffic: no router solicitations, no neighbour discovery.
  local netns
  for netns in "$netns_source" "$netns_sink"; do
    ip netns exec "$netns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 2>/dev/null || true
  done
  ip -n "$netns_source" link set "$veth_source" up
  ip -n "$netns_sink" link set "$veth_sink" up
}

netns_remove() {
  ip netns del "$netns_source" 2>/dev/null || true
  ip netns del "$netns_sink" 2>/dev/null || true
}
