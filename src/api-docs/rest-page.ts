import { html } from '../pages/html.ts';
import { page } from './page.ts';

/** The page about REST: Swagger UI, which reads the OpenAPI document and contains the main landmark itself. */
export const restPage = (): string =>
  page(
    '/docs/rest',
    html`<div class="page">
<h1>REST</h1>
<div id="swagger-ui"></div>
<noscript><p>This page needs scripts. <a href="/docs/realtime">The realtime page</a> describes all operations without scripts.</p></noscript>
</div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/rest.js"></script>`,
    html`<link rel="stylesheet" href="/docs/assets/swagger-ui.css">`,
  );
