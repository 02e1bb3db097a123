import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';
/** It is for our pages alone, and asks nobody else anything. */
const QUIET = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
  '--no-default-browser-check',
];

/** Chromium, or skips the suite where it is not installed. Throws instead where `CI` is set. */
export async function requireChromium(context: Mocha.Context): Promise<Browser> {
  if (existsSync(EXECUTABLE)) return chromium.launch({ executablePath: EXECUTABLE, args: QUIET });
  if (process.env.CI) throw new Error('Chromium is not installed, and CI may not skip its tests');
  process.stderr.write('Chromium is not installed: skipping the tests that need it\n');
  return context.skip();
}
