#!/bin/sh
':' //; # Shell and JavaScript at once: to Node.js, each of these lines is a string and a comment.
':' //; # Node.js forgets at its start that SIGHUP is ignored, as under nohup. So the shell looks.
':' //; HOLDFAST_HUP_IGNORED=
':' //; if [ -r /proc/$$/status ]; then
':' //;   while read -r key value; do
':' //;     case $key$value in SigIgn:*[13579bdfBDF]) HOLDFAST_HUP_IGNORED=$$ ;; esac
':' //;   done </proc/$$/status
':' //; elif { sh -c 'kill -HUP $$'; } 2>/dev/null; then HOLDFAST_HUP_IGNORED=$$; fi
':' //; export HOLDFAST_HUP_IGNORED
':' //; # Unless a debugger is asked for, SIGUSR1 must not open its port: no machine has this address (RFC 5737).
':' //; case ${NODE_OPTIONS-} in *--inspect*) exec node "$0" "$@" ;; esac
':' //; exec node --inspect-port=192.0.2.1:9229 "$0" "$@"
// The command tells its own errors; what comes here is a part that cannot be loaded at all.
// What words it comes first, while it can still be loaded.
import('@holdfast/process/early-signals')
  .then(({ onSignal }) => {
    onSignal((signal) => {
      console.error(`holdfast: stopped by ${signal}`);
      // By a signal, since an exit waits for a thread that opens a pipe without a writer. Others may dump core.
      const last = signal === 'SIGINT' ? signal : 'SIGTERM';
      process.removeAllListeners(last);
      process.kill(process.pid, last);
    });
    return import('@holdfast/process/start-failure');
  })
  .then(({ startFailure }) =>
    import('../dist/cli.js').catch((error) => {
      const { version, platform, arch } = process;
      end(startFailure(error, { version, platform, arch }));
    }),
  )
  .catch((error) =>
    end(
      `holdfast: cannot start on Node.js ${process.version} (${String(error?.message ?? error).split('\n')[0]}); needed are Node.js 20.15 or later and all packages`,
    ),
  );

function end(line) {
  console.error(line);
  // At once: Node.js throws the same error again where nobody can catch it.
  process.exit(1);
}
