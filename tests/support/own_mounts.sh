# Sourced by tests that mount something: goes on as root in a mount namespace of its own, with a new directory `dir`.
# Both go in the end, with all that is mounted in it. Ends with status 77 where that cannot be had.
if [ "${STRAVINSKY_OWN_MOUNTS-}" != yes ]; then
  [ "$(id -u)" = 0 ] && unshare -m true 2> /dev/null || { echo "SKIP: needs root and mount namespaces"; exit 77; }
  STRAVINSKY_OWN_MOUNTS=yes exec unshare -m sh "$0" "$@"
fi
unset STRAVINSKY_OWN_MOUNTS
dir=$(mktemp -d)

leave() {
  cd /
  cut -d ' ' -f 2 /proc/mounts | grep "^$dir/" | sort -r | while read -r place; do umount "$place" 2> /dev/null || umount -l "$place"; done
  rm -rf "$dir"
}
trap leave EXIT

# Mounts an ext4 of 60 MB at $dir/small. The arguments are those of mkfs.
mount_small_ext4() {
  mkdir "$dir/small"
  truncate -s 60M "$dir/image"
  mkfs.ext4 -q "$@" "$dir/image"
  mount -o loop "$dir/image" "$dir/small" || { echo "SKIP: no loop devices"; exit 77; }
}
