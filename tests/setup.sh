#!/usr/bin/env bash
# Sees that what the build needs is there, whoever put it there. Root installs what is missing with apt-get; others are
# told what to ask for.      setup.sh [--tests]
set -eu
needs=( # how to see it                        the Debian package
    "command -v cc"                             gcc
    "command -v make"                           make
    "command -v meson"                          meson
    "command -v ninja"                          ninja-build
    "command -v pkg-config"                     pkg-config
    "command -v python3"                        python3
    "python3 -c 'import pip'"                   python3-pip
    "test -e /etc/ssl/certs/ca-certificates.crt -o -d /etc/pki" ca-certificates
    "pkg-config --exists jansson"               libjansson-dev
    "pkg-config --exists libpcre2-8"            libpcre2-dev
    "pkg-config --exists libutf8proc"           libutf8proc-dev
    "pkg-config --exists libcurl"               libcurl4-openssl-dev
    "pkg-config --exists libzip"                libzip-dev
    "pkg-config --exists yaml-0.1"              libyaml-dev
    "pkg-config --exists sndfile"               libsndfile1-dev
    "pkg-config --exists libmicrohttpd"         libmicrohttpd-dev
    "pkg-config --exists sqlite3"               libsqlite3-dev
    "pkg-config --exists expat"                 libexpat1-dev
    "pkg-config --exists libpng"                libpng-dev
)
[ "${1:-}" = --tests ] && needs+=("pkg-config --exists cmocka" libcmocka-dev)
missing=()
for ((i = 0; i < ${#needs[@]}; i += 2)); do
    eval "${needs[i]}" >/dev/null 2>&1 || missing+=("${needs[i + 1]}")
done
[ ${#missing[@]} = 0 ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing: ${missing[*]}. On Debian or Ubuntu an administrator installs them with: apt-get install ${missing[*]}" >&2
    exit 1
fi
echo "Installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y --no-install-recommends "${missing[@]}"; }
install >/dev/null 2>&1 || { apt-get update >/dev/null && install >/dev/null; }
