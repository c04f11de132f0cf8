# shellcheck shell=bash
# The real agents for the tests that run them, and a network that holds nothing but loopback.

# The versions that the tests were written against: a release of somebody else breaks no test of
# ours. Another list may be tried by AGENTCRON_TEST_AGENTS, e.g. with @latest. A version must be
# named in any case: without, npm takes the newest one that names this Node in "engines", and for
# Claude Code, which is a native program, that is an old one.
read -ra agent_packages <<<"${AGENTCRON_TEST_AGENTS:-@anthropic-ai/claude-code@2.1.332 \
@openai/codex@0.169.0 @agentclientprotocol/claude-agent-acp@0.101.0}"
agent_programs=(claude codex claude-agent-acp)
agent_install_seconds_max=${AGENTCRON_AGENT_INSTALL_SECONDS_MAX:-300}

# Installs the agents into folder $1, so that $1/node_modules/.bin holds `claude`, `codex` and
# `claude-agent-acp`. What is there already is kept as it is. Returns 1 after a message when it
# could not.
install_agents() {
  local into=$1 bin=$1/node_modules/.bin program said
  agents_installed "$into" && return
  if ! command -v npm >/dev/null; then
    echo "The agents cannot be installed: there is no npm (Debian's package: npm)." >&2
    return 1
  fi
  echo "Installing ${agent_programs[*]} in $into, with npm (1.2 GB)" >&2
  mkdir -p "$into" || return 1
  # A package.json of its own keeps npm from climbing to one further up.
  [[ -e $into/package.json ]] || echo '{"private":true}' >"$into/package.json"
  if ! said=$(npm_install "$into" || npm_install "$into"); then
    printf 'The agents cannot be installed: npm failed or did not answer.\n%s\n' "$said" >&2
    return 1
  fi
  # Where npm runs no install scripts, the program of Claude Code is not in its place yet.
  "$bin/claude" --version >/dev/null 2>&1 ||
    (cd "$into/node_modules/@anthropic-ai/claude-code" && node install.cjs >/dev/null 2>&1)
  for program in "${agent_programs[@]}"; do
    if [[ ! -x $bin/$program ]]; then
      printf 'npm installed no %s in %s\n%s\n' "$program" "$bin" "$said" >&2
      return 1
    fi
  done
  echo "${agent_packages[*]}" >"$into/installed"
}

# One attempt, without npm's own retries: it makes them for each of a hundred packages, one after
# the other, and so without a network it does not end for ten minutes and more.
npm_install() {
  timeout "$agent_install_seconds_max" npm install --prefix "$1" --no-audit --no-fund \
    --no-update-notifier --loglevel error --fetch-retries 0 --fetch-timeout 30000 \
    "${agent_packages[@]}" 2>&1 </dev/null
}

# Whether folder $1 holds a completed installation of these versions.
agents_installed() {
  local program
  [[ $(cat "$1/installed" 2>/dev/null) == "${agent_packages[*]}" ]] || return 1
  for program in "${agent_programs[@]}"; do
    [[ -x $1/node_modules/.bin/$program ]] || return 1
  done
}

# Runs a command in a network namespace with loopback only: nothing that it starts reaches another
# machine. `in_own_network true` says whether this machine allows it.
in_own_network() {
  local namespaces=(-n)
  # Another user stays himself in there: PostgreSQL does not run as root.
  ((EUID == 0)) || namespaces=(-n --map-current-user --keep-caps)
  unshare "${namespaces[@]}" -- bash -c 'ip link set lo up && exec "$@"' in_own_network "$@"
}
