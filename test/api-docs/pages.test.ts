import axe, { type AxeResults } from 'axe-core';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { ERRORS } from '../../src/operation/errors.ts';
import { operations } from '../../src/operations.ts';
import { escaped } from '../../src/pages/html.ts';
import { NAMESPACE_OF } from '../../src/protocol.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { requireChromium } from '../support/services.ts';
import { type AsyncApi, documentsOf, type OpenApi, restRoutes } from './documents.ts';

const PATHS = ['/docs', '/docs/realtime', '/docs/rest'] as const;
const PHONE = { width: 360, height: 740 };

describe('The documentation pages', () => {
  let app: TestApp;
  let openApi: OpenApi;
  let asyncApi: AsyncApi;
  before(async () => {
    app = await startApp('sqlite', { NODE_ENV: 'production' });
    ({ openApi, asyncApi } = await documentsOf(app.url));
  });
  after(() => app.stop());

  const textOf = async (path: string) => (await fetch(`${app.url}${path}`)).text();

  it('are served with a policy against inline scripts and styles and other origins', async () => {
    for (const path of PATHS) {
      const response = await fetch(`${app.url}${path}`);
      expect(response.headers.get('content-security-policy'))
        .to.include("default-src 'none'")
        .and.not.include('unsafe');
      const page = await response.text();
      expect(page).not.to.match(/<style|<script>|\sstyle=|\son\w+=|(?:src|href)="(?:https?:)?\/\//);
      for (const [, asset = ''] of page.matchAll(/(?:src|href)="(\/[^"#]*)/g)) {
        expect((await fetch(`${app.url}${asset}`)).status, asset).to.equal(200);
      }
    }
  });

  it('contain every operation with all examples, every event, and every error', async () => {
    const [overview, realtime] = [await textOf('/docs'), await textOf('/docs/realtime')];
    for (const name of Object.keys(operations)) expect(overview).to.include(`href="/docs/realtime#${name}"`);
    for (const code of Object.keys(ERRORS)) expect(overview).to.include(`<code>${code}</code>`);
    for (const name of Object.keys(operations)) expect(realtime).to.include(`<h3 id="${name}">`);
    for (const name of Object.keys(NAMESPACE_OF)) expect(realtime).to.include(`<h3 id="event-${name}">`);
    const samples = [
      ...restRoutes(openApi).map(([, { operation }]) => operation['x-codeSamples'][0].source),
      ...Object.entries(asyncApi.operations).flatMap(([key, each]) =>
        key.startsWith('presence.') ? [] : (each['x-codeSamples'] ?? []).map(({ source }) => source),
      ),
    ];
    expect(samples.length).to.be.above(60);
    for (const sample of samples) expect(realtime).to.include(`<code>${escaped(sample)}</code>`);
  });

  describe('in Chromium', function () {
    this.timeout(120_000);
    let browser: Browser;
    before(async function () {
      ({ browser } = await requireChromium(this));
    });

    /** Opens a page and returns its errors. */
    async function open(path: string, page: Page): Promise<string[]> {
      const problems: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) problems.push(message.text());
      });
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => {
        if (!request.url().startsWith(app.url) && !request.url().startsWith('data:')) problems.push(request.url());
      });
      await page.goto(`${app.url}${path}`);
      if (path === '/docs/rest')
        await page
          .locator('.opblock')
          .nth(restRoutes(openApi).length - 1)
          .waitFor();
      return problems;
    }

    /** The serious problems that axe-core finds. In dark mode only the colours differ. */
    async function inaccessible(page: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
      await page.emulateMedia({ colorScheme });
      await page.evaluate('new Promise(requestAnimationFrame)'); // the page has noticed it
      await page.evaluate('while (document.getAnimations().map((each) => each.finish()).length > 0);');
      const rules = colorScheme === 'light' ? {} : { runOnly: ['color-contrast'] };
      const options = JSON.stringify({ ...rules, resultTypes: ['violations'] });
      const { violations }: AxeResults = await page.evaluate(`axe.run(${options})`);
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      return serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html)}`);
    }

    async function executeOperation(page: Page): Promise<string | null> {
      const operation = page.locator('#operations-Accounts-initiatePasswordReset');
      await operation.locator('.opblock-summary-control').click();
      await operation.getByRole('button', { name: 'Try it out' }).click();
      await operation.getByRole('button', { name: 'Execute' }).click();
      const answer = operation.locator('.live-responses-table .response .highlight-code').first();
      await answer.waitFor();
      return answer.textContent();
    }

    for (const path of PATHS) {
      const title = `${path} loads without errors and is accessible, in dark and light colours, on a phone`;
      it(path === '/docs/rest' ? `${title}; it executes an operation, and shows the answer` : title, async () => {
        const page = await browser.newPage({ viewport: PHONE, colorScheme: 'dark' });
        const problems = await open(path, page);
        await page.evaluate(axe.source); // the debugger’s own evaluation, which no policy restricts
        for (const colorScheme of ['dark', 'light'] as const) {
          expect(await inaccessible(page, colorScheme), colorScheme).to.deep.equal([]);
          const overflow = await page.evaluate(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          expect(overflow, 'wider than the phone').to.equal(0);
        }
        if (path === '/docs/rest') expect(await executeOperation(page)).to.include('OTP sent');
        expect(problems).to.deep.equal([]);
        await page.close();
      });
    }
  });
});
