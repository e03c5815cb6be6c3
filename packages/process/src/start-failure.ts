import { limitRemedy } from './limits.js';

/** Where the command failed to start. */
export interface Start {
  version: string;
  platform: string;
  arch: string;
}

const LEAST_NODE = '20.15';

/**
 * One line for a command that cannot be loaded: the reason and the remedy.
 *
 * @param remedyOf the remedy for a limit of the process; replaced by tests.
 */
export function startFailure(error: unknown, at: Start, remedyOf = limitRemedy): string {
  const { message = String(error), code = '' } = (error ?? {}) as { message?: string; code?: string };
  const reason = String(message).split('\n')[0]!;
  const where = `holdfast: cannot start on Node.js ${at.version}, ${at.platform} ${at.arch} (${reason})`;
  return `${where}; ${remedyOf(reason) ?? byCause(reason, code, at)}`;
}

function byCause(reason: string, code: string, { version }: Start): string {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 15)) return `install Node.js ${LEAST_NODE} or later`;
  if (/^(EACCES|EPERM)\b/.test(reason)) return 'let this user read the installation (chmod -R a+rX)';
  if (/^E(IO|STALE|TIMEDOUT|NETDOWN|REMOTEIO)\b|Unknown system error/.test(reason))
    return 'check the disk or mount of the installation, then rerun the same command';
  if (/GLIBC|GLIBCXX|CXXABI|invalid ELF|wrong ELF|Exec format|unsupported/i.test(reason))
    return 'onnxruntime-node has no build for this system and its C library';
  if (/failed to map segment/.test(reason))
    return 'move the installation off a file system that is mounted noexec, or free memory';
  if (
    code === 'ERR_MODULE_NOT_FOUND' ||
    code === 'MODULE_NOT_FOUND' ||
    /Cannot find (module|package)/.test(reason)
  )
    return 'a package is missing: reinstall the packages';
  return `it needs Node.js ${LEAST_NODE} or later, a system that onnxruntime-node is built for, and all packages`;
}
