#!/usr/bin/env bash
# Installs what the build needs, when it is missing. Root installs; others are told what to ask for.
set -eu
packages=(gcc meson ninja-build pkg-config python3 python3-pip libjansson-dev libpcre2-dev libutf8proc-dev libcurl4-openssl-dev libzip-dev)
[ "${1:-}" = --tests ] && packages+=(libcmocka-dev)
missing=()
for p in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
done
[ ${#missing[@]} = 0 ] && exit 0
if [ "$(id -u)" != 0 ]; then
    echo "Missing packages: ${missing[*]}. Ask an administrator for: apt-get install ${missing[*]}" >&2
    exit 1
fi
echo "Installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
    { apt-get update >/dev/null && apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null; }
