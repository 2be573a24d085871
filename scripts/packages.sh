# Packages, and how to install them. Sourced by quickstart, test and package/build, behind common.sh.
# shellcheck shell=bash disable=SC2034  # its readers are others
#
# What a build needs, what the tests use beside it, and the one that lives in backports. Installed with
# --no-install-recommends: what a test or script calls is named here, also where another package recommends it.

build_packages="g++ cmake ninja-build pkg-config liburing-dev libboost-dev libpcap-dev libfmt-dev libcli11-dev
  nlohmann-json3-dev zlib1g-dev libzstd-dev libnghttp2-dev libssl-dev libseccomp-dev libcap-ng-dev libmnl-dev
  libmicrohttpd-dev libgnutls28-dev libtomlplusplus-dev libcurl4-openssl-dev librdkafka-dev"
# wireshark-common has capinfos; openssl and python3 are for the laboratory of docs/tutorial.md (scripts/pop3_lab).
run_packages="iproute2 procps tcpdump wireshark-common openssl python3"
test_packages="libgtest-dev libgmock-dev libbenchmark-dev tshark netsniff-ng stenographer python3 ethtool
  util-linux libfaketime procps curl systemd e2fsprogs xfsprogs btrfs-progs zstd git daemonlogger chromium shellcheck mandoc
  bash-completion zsh fish tcpreplay tcpflow ngrep nfdump"
# The package of it (scripts/package/build), and the machine that it is tried on (tests/package). dpkg-buildpackage takes
# build-essential for given: make and libc6-dev are of it.
package_packages="build-essential debhelper dpkg-dev fakeroot libcap2-bin lintian mandoc"

# Beside these, for scripts/test static and package.
ci_packages="clang clang-format clang-tidy debootstrap"

# What the audit is tested against (tests/support/audit_lab.py), and the clients. swaks has TLS by
# libnet-ssleay-perl, ldapsearch SASL by libsasl2-modules.
# clickhouse-server is what `ship` fills (tests/support/clickhouse_lab.py); its client package has nothing of the server's.
server_packages="clickhouse-server dovecot-imapd dovecot-pop3d postfix vsftpd slapd ldap-utils libsasl2-modules curl swaks
  libnet-ssleay-perl openssl iproute2"

# Where this machine says its packages come from: the first mirror of Debian, by either kind of file.
# /etc/apt/sources.list does not exist on newer machines.
debian_mirror() {
  local file files=()
  for file in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -f "$file" ] || files+=("$file")
  done
  [ ${#files[@]} -ne 0 ] || return 0
  awk '$1 == "URIs:" { print $2; exit }
       $1 == "deb" { for (i = 2; i <= NF; ++i) if ($i ~ /^[a-z+]+:\/\//) { print $i; exit } }' "${files[@]}"
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | cut -c1-2)" = ii ]
}

# Installs those of "$@" that are missing, and says which.
install_packages() {
  local missing=() name
  for name in "$@"; do
    is_installed "$name" || missing+=("$name")
  done
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi
  command -v apt-get >/dev/null ||
    fail "this is no Debian: install what these packages hold by hand, then start again: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    fail "these packages are missing: ${missing[*]}. Run this as root, or first: sudo apt-get install ${missing[*]}"
  fi
  echo "installing: ${missing[*]}"
  logged apt-update apt-get update
  # Answers wireshark's and postfix's questions with their defaults.
  logged apt-install env DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends install "${missing[@]}"
}

# The servers are started by their test alone: installing them must not, nor the next boot.
install_servers() {
  local unit policy=/usr/sbin/policy-rc.d fresh=()
  for unit in clickhouse-server dovecot postfix vsftpd slapd; do
    [ -x "/usr/sbin/$unit" ] || fresh+=("$unit")
  done
  own_policy=
  if [ "$(id -u)" -eq 0 ] && [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    own_policy=$policy
    trap 'rm -f "$own_policy"' EXIT  # also when an installation fails
  fi
  # shellcheck disable=SC2086  # a list of names
  install_packages $server_packages
  if [ -n "$own_policy" ]; then
    rm -f "$own_policy"
    trap - EXIT
  fi
  if [ ${#fresh[@]} -ne 0 ] && [ -d /run/systemd/system ]; then
    systemctl --quiet disable "${fresh[@]}" || echo "these services may start at the next boot: ${fresh[*]}"
  fi
}

# Suricata is in Debian 12's backports. The machine's own mirror is used; where it has no backports, the
# tests that want Suricata say that they skip.
install_suricata() {
  command -v suricata >/dev/null && return 0
  [ "$(id -u)" -eq 0 ] || return 0
  if [ "$(apt-cache policy suricata 2>/dev/null | grep -c 'Candidate: [0-9]')" -eq 0 ]; then
    local mirror
    mirror=$(debian_mirror)
    if [ -z "$mirror" ]; then
      echo "suricata is in Debian's backports, and no mirror is named below /etc/apt: its tests will skip"
      return 0
    fi
    echo "adding bookworm-backports for suricata: /etc/apt/sources.list.d/capstan-backports.list"
    echo "deb $mirror bookworm-backports main" >/etc/apt/sources.list.d/capstan-backports.list
    if ! apt-get -qq update; then
      echo "the backports of $mirror cannot be had: suricata's tests will skip"
      rm -f /etc/apt/sources.list.d/capstan-backports.list
      return 0
    fi
  fi
  local log
  log=$(log_folder)/suricata.log
  DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends -t bookworm-backports install suricata \
    </dev/null >"$log" 2>&1 || echo "suricata could not be installed: its tests will skip; see $log"
}
