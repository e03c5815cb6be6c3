#!/usr/bin/env node
// The command tells its own errors; what comes here is a part that cannot be loaded at all.
// What words it comes first, while it can still be loaded.
import('../dist/start-failure.js')
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
