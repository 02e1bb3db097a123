/* global SwaggerUIBundle */
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

/** Removes `servers`, so that requests from the page go to the server that it came from. */
async function show() {
  const { servers: _, ...spec } = await (await fetch('/openapi.json')).json();
  SwaggerUIBundle({
    spec,
    dom_id: '#swagger-ui',
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    layout: 'BaseLayout',
  });
}
void show();
