/**
 * The parent of a dyno's processes, one small bash each. It outlives the platform, so it writes down what the platform
 * must know after a crash: its process id, and the status the dyno ended with.
 *
 * $1 = dyno id (seen in the process list: it is how a dyno is recognized), $2 = command, $3, $4 = limits, 0 for none.
 * Descriptor 3 is the record file; descriptor 1 the dyno's log.
 *
 * Signals go to the whole process group. The supervisor ignores those that the dyno is to see (a trap with a
 * command, unlike an ignored signal, is not inherited). The dyno runs in the foreground, because bash starts background
 * jobs with SIGINT and SIGQUIT ignored.
 */
export const SUPERVISOR = `
trap : HUP INT QUIT TERM USR1 USR2
printf 'started %s\\n' "$$" >&3
[ "$3" = 0 ] || ulimit -u "$3"
[ "$4" = 0 ] || ulimit -n "$4"
ulimit -c 0
"$BASH" -c '${startScript().replaceAll("'", `'\\''`)}' dyno "$2" 2>&1 3>&-
printf 'exited %s\\n' "$?" >&3
`;

/** The first word after the script: by it our supervisors are found among all processes. */
export const SUPERVISOR_NAME = 'landbridge-dyno';

/**
 * What runs before the app: profile.d scripts in order, then .profile, as on Heroku. The command is an argument and not
 * part of a script. bash gives its own process to a simple command, so the app receives signals itself.
 */
function startScript(): string {
  return `
for profile in "$HOME"/.profile.d/*.sh; do [ -f "$profile" ] && . "$profile"; done
[ -f "$HOME/.profile" ] && . "$HOME/.profile"
exec "$BASH" -c "$1"
`;
}
