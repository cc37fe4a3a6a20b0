#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the folder for a TFTP server: the UKI for UEFI; pxelinux with kernel and initramfs for BIOS.
# Usage: images/pxe.sh UKI VMLINUZ INITRAMFS CMDLINE OUTDIR
set -euo pipefail
# shellcheck source=images/common.sh
. "$(dirname "$0")/common.sh"

[ $# -eq 5 ] || die "usage: pxe.sh UKI VMLINUZ INITRAMFS CMDLINE OUTDIR"
uki=$1 linux=$2 initrd=$3 cmdline=$4 out=$5
need "$uki" "$linux" "$initrd" "$pxelinux_dir/pxelinux.0" "$syslinux_dir/modules/bios/ldlinux.c32"
rm -rf "$out"
mkdir -p "$out/pxelinux.cfg"
install -m 644 "$uki" "$out/holdfast.efi"
install -m 644 "$linux" "$out/vmlinuz"
install -m 644 "$initrd" "$out/initramfs.zst"
install -m 644 "$pxelinux_dir/pxelinux.0" "$syslinux_dir/modules/bios/ldlinux.c32" "$out"
install -m 644 "$top/images/pxe/README.txt" "$out/README.txt"
cat > "$out/pxelinux.cfg/default" << END
DEFAULT holdfast
PROMPT 0
NOESCAPE 1
LABEL holdfast
  LINUX vmlinuz
  INITRD initramfs.zst
  APPEND $cmdline
END
