/**
 * Closes the debug port that SIGUSR1 opened while Node.js was starting, before anybody listened to it. The launcher keeps it from
 * being opened; this is for a command that was started without it.
 */
export async function closeDebugPort(
  execArgv: readonly string[] = process.execArgv,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const options = [...execArgv, ...(env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  // Kept closed already, or asked for.
  if (options.some((option) => option.startsWith('--inspect'))) return;
  const inspector = await import('node:inspector').catch(() => null);
  if (inspector?.url() !== undefined) inspector.close();
}
