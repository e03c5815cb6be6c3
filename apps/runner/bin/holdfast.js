#!/bin/sh
':' //; # This file is both shell and JavaScript: to Node.js, each of these lines is a string and a comment.
':' //; # Node.js resets an ignored SIGHUP (as under nohup) when it starts, so the shell checks first.
':' //; HOLDFAST_HUP_IGNORED=
':' //; if [ -r /proc/$$/status ]; then
':' //;   while read -r key value; do
':' //;     case $key$value in SigIgn:*[13579bdfBDF]) HOLDFAST_HUP_IGNORED=$$ ;; esac
':' //;   done </proc/$$/status
':' //; elif { sh -c 'kill -HUP $$'; } 2>/dev/null; then HOLDFAST_HUP_IGNORED=$$; fi
':' //; export HOLDFAST_HUP_IGNORED
':' //; # SIGUSR1 must not open a debugger port unless one is asked for: no machine has this address (RFC 5737).
':' //; case ${NODE_OPTIONS-} in *--inspect*) exec node "$0" "$@" ;; esac
':' //; exec node --inspect-port=192.0.2.1:9229 "$0" "$@"
// The command reports its own errors. This handles parts that cannot be loaded at all;
// the code that words the message is loaded first, while that still works.
import('@holdfast/process/early-signals')
  .then(({ onSignal }) => {
    onSignal((signal) => {
      console.error(`holdfast: stopped by ${signal}`);
      // By signal: exit() would wait for a thread that opens a pipe without a writer. Other signals may dump core.
      const last = signal === 'SIGINT' ? signal : 'SIGTERM';
      process.removeAllListeners(last);
      process.kill(process.pid, last);
    });
    return Promise.all([
      import('@holdfast/process/start-failure'),
      import('@holdfast/process/compile-cache'),
    ]);
  })
  .then(([{ startFailure }, { keepCompiledCode }]) => {
    keepCompiledCode();
    // The status is asked for often, and loads little.
    const cli = process.argv[2] === 'status' ? import('../dist/status-cli.js') : import('../dist/cli.js');
    return cli.catch((error) => {
      const { version, platform, arch } = process;
      end(startFailure(error, { version, platform, arch }));
    });
  })
  .catch((error) =>
    end(
      `holdfast: cannot start on Node.js ${process.version} (${String(error?.message ?? error).split('\n')[0]}); it needs Node.js 20.15 or later and all its packages`,
    ),
  );

function end(line) {
  console.error(line);
  // Exit now: Node.js would throw the same error again where nothing can catch it.
  process.exit(1);
}
