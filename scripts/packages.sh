# Packages, and how to install them. Sourced by quickstart and test.
#
# What a build needs, what the tests use beside it, and the one that lives in backports.

build_packages="g++ cmake ninja-build pkg-config liburing-dev libboost-dev libpcap-dev libfmt-dev libcli11-dev
  nlohmann-json3-dev zlib1g-dev libzstd-dev libnghttp2-dev libssl-dev libseccomp-dev libcap-ng-dev libmnl-dev
  libmicrohttpd-dev"
run_packages="iproute2 tcpdump wireshark-common"
test_packages="libgtest-dev libgmock-dev libbenchmark-dev tshark netsniff-ng stenographer python3 ethtool
  util-linux libfaketime procps curl systemd e2fsprogs xfsprogs btrfs-progs git daemonlogger chromium"

# What the audit is tested against (tests/support/audit_lab.py), and the clients.
server_packages="dovecot-imapd dovecot-pop3d postfix vsftpd slapd ldap-utils curl swaks openssl iproute2"

# Installs those of "$@" that are missing, and says which.
install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' || missing+=("$name")
  done
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi
  if [ "$(id -u)" -ne 0 ]; then
    echo "these packages are missing: ${missing[*]}" >&2
    echo "run this as root, or first: sudo apt-get install ${missing[*]}" >&2
    return 1
  fi
  echo "installing: ${missing[*]}"
  apt-get -qq update
  # Answers wireshark's and postfix's questions with their defaults.
  DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "${missing[@]}" >/dev/null
}

# The servers are started by their test alone: installing them must not, nor the next boot.
install_servers() {
  local unit policy=/usr/sbin/policy-rc.d own_policy='' fresh=() status=0
  for unit in dovecot postfix vsftpd slapd; do
    [ -x "/usr/sbin/$unit" ] || fresh+=("$unit")
  done
  if [ "$(id -u)" -eq 0 ] && [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    own_policy=yes
  fi
  # shellcheck disable=SC2086
  install_packages $server_packages || status=$?
  [ -z "$own_policy" ] || rm -f $policy
  if [ $status -eq 0 ] && [ ${#fresh[@]} -ne 0 ] && [ -d /run/systemd/system ]; then
    systemctl --quiet disable "${fresh[@]}" || true
  fi
  return $status
}

# Suricata is in Debian 12's backports. The machine's own mirror is used; where it has no backports, the
# tests that want Suricata say that they skip.
install_suricata() {
  command -v suricata >/dev/null && return 0
  [ "$(id -u)" -eq 0 ] || return 0
  if ! apt-cache policy suricata 2>/dev/null | grep -q 'Candidate: [0-9]'; then
    local mirror
    mirror=$(sed -n 's/^URIs: *//p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' \
      /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)
    [ -n "$mirror" ] || return 0
    echo "adding bookworm-backports for suricata"
    echo "deb $mirror bookworm-backports main" >/etc/apt/sources.list.d/capstan-backports.list
    apt-get -qq update || true
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -t bookworm-backports \
    suricata >/dev/null 2>&1 || echo "suricata could not be installed: its tests will skip"
}
