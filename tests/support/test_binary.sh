# shellcheck shell=bash disable=SC2154
# Runs one test binary after another, shows progress and keeps the score. Sourced by tests/run,
# which sets build, case_seconds_max, filter and sanitize.
#
# The binary writes a line per case into a pipe (tests/support/main.cpp). Reading it tells which
# case runs now, so that a crash or a hang has a name; what the binary prints goes to a file, and is
# shown when something failed.

passed=0 failed=0 skipped=0
failures=()        # "tier<tab>case name"
skips=()           # "tier: case name"
test_group=0       # the process group of the running binary
progress_shown=0   # SECONDS when the last progress line was printed

show_progress() {
  if [[ -t 1 ]]; then
    printf '\r\e[K%.*s' $((${COLUMNS:-80} - 1)) "$1"
  elif ((SECONDS - progress_shown >= 10)); then
    printf '%s\n' "$1"
    progress_shown=$SECONDS
  fi
}
clear_progress() { if [[ -t 1 ]]; then printf '\r\e[K'; fi; }

# Ends the running binary and the children of its process group: politely, then surely.
end_test_binary() {
  ((test_group > 0)) || return 0
  kill -TERM -- -"$test_group" 2>/dev/null
  local _
  for _ in {1..50}; do
    kill -0 -- -"$test_group" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL -- -"$test_group" 2>/dev/null
  test_group=0
}

# run_test_binary TIER OUTPUT BINARY [ARGUMENT...]: runs it to its end and adds to the score.
# Returns 1 when no case was run and nothing went wrong either.
run_test_binary() {
  local tier=$1 output=$2 pipe=$2.events events
  shift 2
  rm -f "$pipe" && mkfifo "$pipe" && exec {events}<>"$pipe" || return
  # A job of its own has its own process group, and SIGINT at its default for the tests' children.
  set -m
  (
    AGENTCRON_TEST_EVENTS=$pipe "$@" >"$output" 2>&1 </dev/null {events}>&-
    printf 'exited\t%s\n' $? >&"$events"
  ) 2>/dev/null &
  test_group=$!
  set +m

  local cases_passed=0 cases_skipped=0 cases_failed=() running='' last='' status
  progress_shown=$SECONDS
  follow_events "$events"
  wait "$test_group" 2>/dev/null
  test_group=0
  exec {events}>&-
  rm -f "$pipe"
  clear_progress
  score_tier "$tier" "$output"
}

# Reads events until the binary has exited, or its case took too long. Sets what run_test_binary
# declared: the counts, the case that `running` or else ran `last`, and the exit `status` or "hung".
follow_events() {
  local events=$1 event text since=$SECONDS
  while true; do
    if IFS=$'\t' read -r -t 2 event text <&"$events"; then
      case $event in
        started) running=$text last=$text since=$SECONDS ;;
        passed) ((++cases_passed)) && running='' ;;
        skipped) ((++cases_skipped)) && running='' && skips+=("$tier: $text") ;;
        failed) cases_failed+=("$text") && running='' ;;
        exited) status=$text && return ;;
      esac
    elif ((SECONDS - since >= case_seconds_max)); then
      status=hung
      end_test_binary
      return
    fi
    show_progress "$tier: $((cases_passed + ${#cases_failed[@]})) done, now: ${running:-...}"
  done
}

# Adds one binary's counts to the score and says how it went.
score_tier() {
  local tier=$1 output=$2 broken='' case_name
  if [[ $status == hung ]]; then
    broken="was ended because \"$running\" took more than $case_seconds_max s"
  elif ((status > 128)); then
    broken="was ended by SIG$(kill -l $((status - 128))) in \"${running:-$last}\""
  elif [[ $running ]]; then
    broken="exited with $status in \"$running\""
  elif ((status > 1 || (status == 1 && cases_passed && !${#cases_failed[@]}))); then
    broken="exited with $status after its last case"
  fi
  # Catch reports a case that a signal ended as failed, but not every death gets that far. No name
  # means the binary itself.
  if [[ $running ]] || { [[ $broken ]] && ((!${#cases_failed[@]})); }; then
    cases_failed+=("$running")
  fi
  ((passed += cases_passed, skipped += cases_skipped, failed += ${#cases_failed[@]}))
  ((cases_passed + cases_skipped + ${#cases_failed[@]})) || return 1

  if ((${#cases_failed[@]})) || [[ $filter ]]; then show_output "$output"; fi
  printf '%s: %s passed, %s failed' "$tier" "$cases_passed" "${#cases_failed[@]}"
  ((cases_skipped)) && printf ', %s skipped' "$cases_skipped"
  printf '\n'
  [[ $broken ]] && printf '%s: the binary %s; cases after that were not run\n' "$tier" "$broken"
  for case_name in "${cases_failed[@]}"; do failures+=("$tier"$'\t'"$case_name"); done
  return 0
}

show_output() {
  local lines
  head -n 300 "$1"
  lines=$(wc -l <"$1")
  ((lines > 300)) && printf '... and %s more lines in %s\n' $((lines - 300)) "$1"
}

# Has the sanitizers write into a file per process: it may be a daemon whose stderr and exit code no
# case looks at that has something to report.
keep_sanitizer_reports() {
  local reports=$build/test-output/sanitizers
  rm -rf "$reports" && mkdir -m 1777 "$reports" || return
  export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}log_path=$reports/address"
  export LSAN_OPTIONS="${LSAN_OPTIONS:+$LSAN_OPTIONS:}suppressions=$root/tests/support/leaks.supp"
  LSAN_OPTIONS+=:print_suppressions=0
  export UBSAN_OPTIONS="${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}print_stacktrace=1"
  UBSAN_OPTIONS+=":log_path=$reports/undefined"
}

# Shows the reports. Each counts as failed, on top of the case that failed with it.
score_sanitizer_reports() {
  local report
  for report in "$build"/test-output/sanitizers/*; do
    [[ -e $report ]] || continue
    printf '\nReported in %s:\n' "$report"
    show_output "$report"
    ((++failed))
  done
}

# The last lines of a run: what was skipped, what failed and how to run that alone, and the score.
print_score() {
  local entry tier name options=''
  [[ $sanitize == ON ]] && options=' --sanitize'
  if ((${#skips[@]})); then
    printf '\nSkipped:\n'
    printf '  %s\n' "${skips[@]}"
  fi
  if ((${#failures[@]})); then
    printf '\nFailed, and how to run each alone:\n'
    for entry in "${failures[@]}"; do
      tier=${entry%%$'\t'*} name=${entry#*$'\t'}
      if [[ $name ]]; then
        printf "  %s: %s\n    tests/run%s '%s'\n" "$tier" "$name" "$options" "${name//\'/\'\\\'\'}"
      else
        printf "  %s: the binary itself\n    '%s'\n" "$tier" "$build/tests_$tier"
      fi
    done
  fi
  printf '\n%s passed, %s failed' "$passed" "$failed"
  ((skipped)) && printf ', %s skipped' "$skipped"
  printf '\n'
}
