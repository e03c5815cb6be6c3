/**
 * Closes the debug port that SIGUSR1 opened while Node.js was starting, before the signal was handled. The launcher prevents
 * that; this is for a command that was started without it.
 */
export async function closeDebugPort(
  execArgv: readonly string[] = process.execArgv,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const options = [...execArgv, ...(env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  // Already prevented, or requested.
  if (options.some((option) => option.startsWith('--inspect'))) return;
  const inspector = await import('node:inspector').catch(() => null);
  if (inspector?.url() !== undefined) inspector.close();
}
