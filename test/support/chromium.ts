import type { Browser } from 'playwright-core';
import { findBinary } from './processes.ts';

/** Disables everything but the page: updates, the first run, telemetry. Root has no sandbox. */
const FLAGS =
  '--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'.split(
    ' ',
  );

export type Chromium = { readonly browser: Browser; stop(): Promise<void> };

/** Starts the installed Chromium; undefined if there is none. */
export async function startChromium(): Promise<Chromium | undefined> {
  const executablePath =
    findBinary('chromium-headless-shell') ??
    findBinary('chromium') ??
    findBinary('chromium-browser') ??
    findBinary('google-chrome');
  if (executablePath === undefined) return undefined;
  const { chromium } = await import('playwright-core');
  const args = [...FLAGS, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  const browser = await chromium.launch({ executablePath, args, headless: true });
  return { browser, stop: () => browser.close() };
}
