import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

// A browser of this machine, for tests of what people see. Nothing is downloaded.

/** The path of a Chromium; null if this machine has none. */
export const CHROMIUM: string | null =
  [
    process.env['CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ].find((path) => path !== undefined && existsSync(path)) ?? null;

/** Starts it without a window, and with a WebGL that needs no graphics card. */
export const browser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM!,
    // Its sandbox refuses to work as root.
    args: [
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  });
