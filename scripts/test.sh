#!/bin/sh
# npm test: sets up what the tests need and runs them all. As root on Debian it installs the packages too;
# otherwise the tests that need them say loudly that they are skipped. With CI=true a skipped test is a failure.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

# a command or file -> package that has it
NEEDED="fail2ban-client:fail2ban nft:nftables iptables:iptables ipset:ipset sshd:openssh-server ssh:openssh-client
sshpass:sshpass nginx:nginx-light ip:iproute2 python3:python3 ps:procps /lib/systemd/systemd-journal-remote:systemd-journal-remote
/usr/lib/python3/dist-packages/systemd/journal.py:python3-systemd systemd-analyze:systemd logger:bsdutils
unshare:util-linux zstd:zstd xz:xz-utils bzip2:bzip2 lz4:lz4
/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1:libfaketime"
missing=""
for pair in $NEEDED; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || [ -x "/usr/sbin/${pair%%:*}" ] || [ -e "${pair%%:*}" ] || missing="$missing ${pair##*:}"
done
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Debian packages for the tests:$missing"
  # The packages bring services; a test run must not start any of them on this machine.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
elif [ -n "$missing" ]; then
  echo "NOTE: tests that need these packages will be skipped:$missing (run as root on Debian to have them installed)"
fi
node scripts/run-tests.mjs "$@"
