# shellcheck shell=bash
# A sandbox for a script: started on a free port, stopped at the end. Sourced after toolbox.sh, never run.

# start_sandbox FOLDER [SETTING...]: starts the program TRUNKLINE in a new folder, with settings as NAME=value, and exports
# what its sandbox.env says. Without TRUNKLINE it is built.
start_sandbox() {
  local folder=$1 waited
  shift
  if [[ -z ${TRUNKLINE:-} ]]; then
    need_rust
    cargo build --workspace --bin trunkline
    TRUNKLINE=$TARGET/debug/trunkline
  fi
  TRUNKLINE=$(realpath "$TRUNKLINE")
  mkdir -p "$folder"
  # Without what the sandbox before has exported: its Twilio is gone.
  (cd "$folder" && exec env --unset=TWILIO_BASE_URL --unset=TWILIO_ACCOUNT_SID --unset=TWILIO_AUTH_TOKEN \
    "$@" "$TRUNKLINE" sandbox --data "$folder" --listen 127.0.0.1:0) \
    >"$folder/log" 2>&1 &
  SANDBOX=$!
  for ((waited = 0; waited < 300; waited++)); do
    ! grep -qs 'listening on http://' "$folder/log" || break
    kill -0 "$SANDBOX" 2>/dev/null || break
    sleep 0.1
  done
  if ! grep -q 'listening on http://' "$folder/log"; then
    echo "The sandbox did not start:" >&2
    cat "$folder/log" >&2
    return 1
  fi
  set -a
  # shellcheck source=/dev/null
  source "$folder/sandbox.env"
  set +a
}

# Stops it, and waits until it has.
stop_sandbox() {
  [[ -n ${SANDBOX:-} ]] || return 0
  kill -TERM "$SANDBOX" 2>/dev/null || true
  wait "$SANDBOX" 2>/dev/null || true
  SANDBOX=
}
