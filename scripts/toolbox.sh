# shellcheck shell=bash
# What the scripts here share: parts that are timed, and tools that are fetched when they are missing.
# Sourced, never run. The caller has set -euo pipefail and stands in the repository's root.

TARGET=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd)
# Tools of our own live in the target folder: nothing on the machine changes, and `rm -r target` removes them.
TOOLS=$TARGET/tools
export PATH="$TOOLS/bin:$PATH:${HOME:-/root}/.cargo/bin"

# A build from nothing is continued by no other, and debugged by nobody: notes for that would only cost time.
[[ -d $TARGET/debug/incremental ]] || export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0

failed_parts=()

# part TITLE COMMAND...: runs one part, prints its seconds, remembers whether it failed.
# The command runs in a subshell under `set -e`, so its first failing line ends it, and the next part still runs.
part() {
  local title=$1 began=${EPOCHREALTIME/[.,]/} status
  shift
  printf '\n== %s\n' "$title"
  set +e
  (set -euo pipefail; "$@")
  status=$?
  set -e
  local tenths=$(((${EPOCHREALTIME/[.,]/} - began) / 100000))
  if ((status == 0)); then
    printf -- '-- %s: ok, %d.%d s\n' "$title" $((tenths / 10)) $((tenths % 10))
  else
    printf -- '-- %s: FAILED (exit %d), %d.%d s\n' "$title" "$status" $((tenths / 10)) $((tenths % 10))
    failed_parts+=("$title")
  fi
}

# Joins its arguments with commas, for a sentence.
listed() {
  local list
  printf -v list '%s, ' "$@"
  printf '%s' "${list%, }"
}

# need COMMAND PACKAGE...: installs Debian packages, but only when the command is missing.
need() {
  local command=$1
  shift
  command -v "$command" >/dev/null && return
  install_packages "$@"
}

install_packages() {
  if ! command -v apt-get >/dev/null; then
    echo "Missing, and this is no Debian machine: please install what provides $*." >&2
    return 1
  fi
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    echo "Missing: $*. Please run as root: apt-get install $*" >&2
    return 1
  fi
  echo "installing $*"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# PostgreSQL 15 or newer, for servers that the tests start and stop themselves: in PG_BINDIR, or where Debian puts it.
need_postgres() {
  local version
  [[ -z ${PG_BINDIR:-} ]] || return 0
  version=$(newest_postgres)
  if ((version < 15)); then
    # Debian makes a server of its own with the package, unless it is told not to.
    install_packages postgresql-common
    as_root sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
    install_packages postgresql
    version=$(newest_postgres)
  fi
  if ((version < 15)); then
    echo "PostgreSQL 15 or newer is needed, and this system brings $version. See https://apt.postgresql.org." >&2
    return 1
  fi
  echo "PostgreSQL $version"
}

# Chromium and its driver, in one go so that their versions match, and letters to show.
need_chromium() {
  need chromium chromium chromium-driver fonts-dejavu-core
  need chromedriver chromium chromium-driver fonts-dejavu-core
}

# The newest version among /usr/lib/postgresql/*; 0 without any.
newest_postgres() {
  local programs newest=0 version
  for programs in /usr/lib/postgresql/*/bin/postgres; do
    [[ -x $programs ]] || continue
    version=${programs#/usr/lib/postgresql/}
    version=${version%%/*}
    ((version <= newest)) || newest=$version
  done
  echo "$newest"
}

# need_pip_tool COMMAND PACKAGE: puts a command that PyPI carries ready-built into target/tools, when it is missing.
# Each tool has a folder of its own: pip replaces a shared bin/ whole.
need_pip_tool() {
  local command=$1 package=$2
  command -v "$command" >/dev/null && return
  need python3 python3 python3-pip
  python3 -m pip --version >/dev/null 2>&1 || install_packages python3-pip
  echo "installing $package into $TOOLS"
  PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 \
    python3 -m pip install --quiet --upgrade --target "$TOOLS/$command" "$package"
  mkdir -p "$TOOLS/bin"
  ln -sf "../$command/bin/$command" "$TOOLS/bin/$command"
}

# need_unpacked COMMAND PACKAGE: puts one program of a Debian package into target/tools, when it is missing. For servers
# that are wanted for a moment: to install the package would start them.
need_unpacked() {
  local command=$1 package=$2
  command -v "$command" >/dev/null && return
  command -v apt-get >/dev/null || {
    echo "Missing, and this is no Debian machine: please install what provides $command." >&2
    return 1
  }
  if [[ ! -x $TOOLS/$package/usr/bin/$command ]]; then
    echo "unpacking $command of Debian's $package into $TOOLS"
    rm -rf "${TOOLS:?}/$package"
    mkdir -p "$TOOLS/$package" "$TOOLS/bin"
    (
      cd "$TOOLS/$package"
      fetch=(apt-get -o APT::Sandbox::User=root -qq download "$package")
      "${fetch[@]}" 2>/dev/null || { as_root apt-get update -qq && "${fetch[@]}"; }
      dpkg-deb --extract ./*.deb .
      rm ./*.deb
    )
  fi
  ln -sf "../$package/usr/bin/$command" "$TOOLS/bin/$command"
}

# Python with Twilio's SDK and an OpenAPI validator: target/tools/python.
need_python_tools() { need_python_environment python crates/twilio-sim/tests/sdk/requirements.txt; }

# need_python_environment NAME REQUIREMENTS: Python with the packages of a list, in target/tools/NAME. It is made again
# when the list has changed.
need_python_environment() {
  local environment=$TOOLS/$1 wanted=$2
  cmp --silent "$wanted" "$environment/installed.txt" && return
  need python3 python3 python3-venv
  python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
  echo "installing what $wanted lists into $environment"
  rm -rf "$environment"
  python3 -m venv "$environment"
  PIP_DISABLE_PIP_VERSION_CHECK=1 "$environment/bin/pip" install --quiet --requirement "$wanted"
  cp "$wanted" "$environment/installed.txt"
}

# Node.js and npm, ready-built from PyPI where they are missing: Debian's npm brings some hundred packages with it.
need_node() {
  local environment=$TOOLS/node
  command -v node >/dev/null && command -v npm >/dev/null && return
  need_python_environment node examples/typescript/node.txt
  export PATH="$environment/bin:$PATH"
}

# need_npm_packages NAME FOLDER: what the lock file of a folder lists, in target/tools/NAME, so that nothing is left in the
# folder. It is made again when the list has changed. npm compares what it fetches with the list's digests.
need_npm_packages() {
  local packages=$TOOLS/$1 wanted=$2
  cmp --silent "$wanted/package-lock.json" "$packages/installed.json" && return
  need_node
  echo "installing what $wanted/package-lock.json lists into $packages"
  rm -rf "$packages"
  mkdir -p "$packages"
  cp "$wanted/package.json" "$wanted/package-lock.json" "$packages/"
  (cd "$packages" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp "$wanted/package-lock.json" "$packages/installed.json"
}

# Rust itself, with the toolchain that rust-toolchain.toml names.
need_rust() {
  command -v cargo >/dev/null && return
  need curl curl ca-certificates
  echo "installing Rust by rustup (https://rustup.rs)"
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --quiet --no-modify-path --profile minimal || {
    echo "Rust could not be installed. Install it from https://rustup.rs and run this again." >&2
    return 1
  }
}
