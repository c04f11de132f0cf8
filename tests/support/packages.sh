# shellcheck shell=bash disable=SC2034
# The Debian packages that agentcron needs, in one list, and how they get installed. Sourced by
# tests/run and systemd/install.

run_packages=(postgresql tzdata ca-certificates)
build_packages=(
  g++ cmake ninja-build pkg-config
  libpqxx-dev libyaml-cpp-dev libspdlog-dev libcli11-dev libsystemd-dev
  libcurl4-openssl-dev libssl-dev
  catch2 librapidcheck-dev
  git     # worktrees of tasks
  python3 # the example agents and the tests' agents
)
# Boost.Process v2 and Boost.JSON need 1.81; the default of Debian 12 is 1.74.
if [[ $(. /etc/os-release 2>/dev/null && echo "$ID $VERSION_ID") == "debian 12" ]]; then
  build_packages+=(libboost1.81-dev libboost-json1.81-dev)
else
  build_packages+=(libboost-dev libboost-json-dev)
fi

# Prints those of the named packages that are not installed.
missing_packages() {
  local package state
  declare -A installed=()
  while read -r package state; do
    [[ $state == installed ]] && installed[$package]=1
  done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
  for package in "$@"; do
    [[ ${installed[$package]-} ]] || echo "$package"
  done
}

# Runs a command as root: directly, or by sudo, which may ask only where there is a terminal.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif [[ -t 0 ]]; then
    sudo -- "$@"
  else
    sudo -n -- "$@"
  fi
}

# Installs what is missing of the named packages; with nothing missing it needs neither network nor
# root. It never removes a package. Returns 1 after a message that says what to do.
install_packages() {
  if ! command -v dpkg-query apt-get >/dev/null; then
    echo "This is not Debian or Ubuntu, so nothing was installed; needed are: $*" >&2
    return 0
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0

  echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  local command="apt-get install --no-install-recommends ${missing[*]}"
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    printf '%s\n' "This needs root, and there is no sudo. As root, run:" "  apt-get update" \
      "  $command" >&2
    return 1
  fi
  if [[ " ${missing[*]} " == *" libboost1.81-dev "* && -z $(missing_packages libboost1.74-dev) ]]
  then
    printf '%s\n' "Debian's Boost 1.74 headers are installed; 1.81's cannot stand beside them." \
      "Removing them is for you to decide:" "  sudo apt-get remove libboost1.74-dev" >&2
    return 1
  fi
  apt_install "${missing[@]}" && return 0
  printf '%s\n' "The packages could not be installed; apt-get's reason is above. By hand:" \
    "  sudo apt-get update && sudo $command" >&2
  return 1
}

# apt-get update and install. A fresh machine may be busy with its own updates: wait for the lock.
apt_install() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300
    -o Dpkg::Use-Pty=0)
  # A third repository that is broken need not matter: the installation decides.
  as_root "${apt[@]}" update || true
  if [[ " $* " == *" postgresql "* ]]; then
    apt_install_without_cluster "$@"
  else
    as_root "${apt[@]}" install -y --no-remove --no-install-recommends "$@"
  fi
}

# Debian's server package makes and starts a cluster of its own on port 5432. agentcron starts a
# private one instead, so that is switched off while the package is unpacked, and then put back,
# also when interrupted: hence the subshell with its own trap.
apt_install_without_cluster() (
  conf=/etc/postgresql-common/createcluster.conf
  as_root "${apt[@]}" install -y --no-remove --no-install-recommends postgresql-common || exit 1
  kept=$(mktemp) && cat "$conf" >"$kept" || exit 1
  trap 'as_root tee "$conf" <"$kept" >/dev/null; rm -f "$kept"' EXIT
  echo "create_main_cluster = false" | as_root tee -a "$conf" >/dev/null
  as_root "${apt[@]}" install -y --no-remove --no-install-recommends "$@"
)
