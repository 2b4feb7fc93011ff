#!/bin/sh
# Installs what is missing for demo, eval and test. Debian and its relatives (apt).
#
#   scripts/lib/install.sh [--no-install] WHAT…
#
#   WHAT: postfix  miltertest  python3  rust  build (C compiler)  libmilter  rspamd  cargo-deny
#         prometheus (with promtool)  zstd  zip  7zz  xz  postgresql
#         for `eval forwarding` alone: dovecot (with LMTP and Pigeonhole)  postsrsd  procmail  maildrop
#         mailman3  mlmmj  exim (unpacked under target/exim: Debian's exim4 would put Postfix out)
#   --no-install   only lists what is missing and how to install it; exit 1 if anything is
#
# Postfix is installed without questions and without being started ("No configuration", and a
# policy-rc.d for the time of the installation that denies starting services).
# Exit: 0 everything is there, 1 something is missing, 2 usage.
set -eu

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; }

dry=no
wanted=
for word in "$@"; do
    case $word in
        -h|--help) usage; exit 0 ;;
        --no-install) dry=yes ;;
        postfix|miltertest|python3|rust|build|libmilter|rspamd|prometheus|cargo-deny|zstd|zip|7zz|xz|postgresql) wanted="$wanted $word" ;;
        dovecot|postsrsd|procmail|maildrop|mailman3|mlmmj|exim) wanted="$wanted $word" ;;
        *) echo "install.sh: unknown: $word" >&2; usage >&2; exit 2 ;;
    esac
done

exim_root=$(cd "$(dirname "$0")/../.." && pwd)/target/exim
PATH=$PATH:/usr/sbin:/sbin:${CARGO_HOME:-$HOME/.cargo}/bin
export PATH

there() {
    case $1 in
        postfix) [ -x /usr/sbin/postfix ] && { [ -x /usr/lib/postfix/sbin/master ] || [ -x /usr/libexec/postfix/master ]; } ;;
        libmilter) [ -e /usr/include/libmilter/mfapi.h ] ;;
        build) command -v cc >/dev/null ;;
        rust) command -v cargo >/dev/null ;;
        cargo-deny) command -v cargo-deny >/dev/null ;;
        postgresql) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ;;
        dovecot) [ -x /usr/sbin/dovecot ] && [ -x /usr/lib/dovecot/lmtp ] && command -v sievec >/dev/null ;;
        mailman3) [ -x /usr/lib/mailman3/bin/mailman ] ;;
        mlmmj) command -v mlmmj-receive >/dev/null ;;
        exim) [ -x "$exim_root/usr/sbin/exim4" ] ;;
        prometheus) command -v prometheus >/dev/null && command -v promtool >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

package() {
    case $1 in
        libmilter) echo libmilter-dev ;;
        build) echo gcc libc6-dev ;;
        7zz) echo 7zip ;;
        xz) echo xz-utils ;;
        dovecot) echo dovecot-core dovecot-lmtpd dovecot-sieve ;;
        *) echo "$1" ;;
    esac
}

packages=
other=
for what in $wanted; do
    there "$what" && continue
    case $what in
        rust|cargo-deny|exim) other="$other $what" ;;
        *) packages="$packages $(package "$what")" ;;
    esac
done
[ -n "$packages$other" ] || exit 0

# Exim's packages and the libraries that are missing, taken apart and not installed.
unpack_exim() {
    folder=$(mktemp -d)
    chmod 755 "$folder"
    for name in exim4-daemon-light exim4-base libgnutls-dane0 libunbound8 libevent-2.1-7 libidn12 libnsl2; do
        [ "${name#exim4}" = "$name" ] && dpkg -s "$name" >/dev/null 2>&1 && continue
        (cd "$folder" && apt-get download -q "$name" >/dev/null 2>&1) || [ "${name#exim4}" = "$name" ] || return 1
    done
    mkdir -p "$exim_root.new"
    for file in "$folder"/*.deb; do
        dpkg -x "$file" "$exim_root.new" || return 1
    done
    rm -rf "$folder" "$exim_root"
    mv "$exim_root.new" "$exim_root"
}

missing=0
for what in $other; do
    if [ "$what" = exim ]; then
        if [ $dry = yes ] || ! command -v apt-get >/dev/null; then
            echo "Missing: Exim under target/exim. Install: $0 exim" >&2
            missing=1
        else
            echo "Unpacking Exim under target/exim …"
            apt-get update -q >/dev/null 2>&1 || true
            unpack_exim || { echo "install.sh: Exim could not be unpacked" >&2; missing=1; }
        fi
    elif [ "$what" = rust ]; then
        echo "Missing: cargo (Rust 1.95 or later). Install it with https://rustup.rs or your distribution's package." >&2
        missing=1
    elif [ $dry = yes ] || ! there rust; then
        echo "Missing: cargo-deny. Install: cargo install cargo-deny --locked" >&2
        missing=1
    else
        echo "Installing cargo-deny (a build of some minutes) …"
        cargo install cargo-deny --locked
    fi
done
[ -n "$packages" ] || exit $missing

command="apt-get install -y --no-install-recommends$packages"
if [ $dry = yes ]; then
    echo "Missing:$packages. Install: $command" >&2
    exit 1
fi
if ! command -v apt-get >/dev/null; then
    echo "Missing:$packages, and there is no apt-get here: install them with your system's package manager." >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "Missing:$packages. Installing needs root; run:" >&2
    echo "    sudo $0$wanted" >&2
    exit 1
fi

policy=/usr/sbin/policy-rc.d
log=$(mktemp)
ours=no
cleanup() {
    [ $ours = no ] || rm -f $policy
    rm -f "$log"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [ ! -e $policy ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
fi
echo "Installing:$packages …"
export DEBIAN_FRONTEND=noninteractive
run() {
    if ! timeout 900 "$@" >>"$log" 2>&1; then
        echo "install.sh: failed: $*" >&2
        tail -n 30 "$log" >&2
        exit 1
    fi
}
case $packages in
    *postfix*) echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections ;;
esac
run apt-get update -q
# shellcheck disable=SC2086 -- the packages are words
run apt-get install -y -q --no-install-recommends $packages
echo "Installed:$packages."
exit $missing
