#!/usr/bin/env bash
# A machine to install a package on: this one's files, changes to which are kept in memory and forgotten, with processes, a network and a
# systemd of its own. To be started as the first process of new namespaces (unshare(1)): Tests/Package/machine.sh DIRECTORY
set -euo pipefail

directory=$1
repository=$(cd "$(dirname "$0")/../.." && pwd)
mount --make-rprivate /
mount -t tmpfs -o mode=755 machine "$directory"
mkdir "$directory/changes" "$directory/work" "$directory/root"
mount -t overlay -o "lowerdir=/,upperdir=$directory/changes,workdir=$directory/work" machine "$directory/root"
cd "$directory/root"

mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
# It may lie in /tmp, or on another file system.
mkdir -p "./$repository"
mount --bind -o ro "$repository" "./$repository"
mount -t tmpfs -o mode=755 dev dev
for device in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "dev/${device%:*}" c 1 "${device#*:}"; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

# Nothing but what every service needs, and no service of this machine.
printf '[Unit]\nDescription=Machine of the test\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n' > etc/systemd/system/machine.target
rm -f etc/machine-id usr/sbin/policy-rc.d
touch etc/machine-id
find etc/systemd/system -path '*.wants/*' -delete

pivot_root . mnt
umount -l mnt
exec env -i container=machine PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/lib/systemd/systemd --system --unit=machine.target --log-target=journal
