#!/usr/bin/env node
// The command tells its own errors; what comes here is a part that cannot be loaded at all.
import('../dist/cli.js').catch((error) => {
  const reason = String(error?.message ?? error).split('\n')[0];
  console.error(
    `holdfast: cannot start on Node.js ${process.version}, ${process.platform} ${process.arch} (${reason}); needed are Node.js 20.15 or later, a system that onnxruntime-node is built for, and all packages: install them again`,
  );
  // At once: Node.js throws the same error again where nobody can catch it.
  process.exit(1);
});
