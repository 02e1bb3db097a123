import { expect } from 'chai';
import { fieldTable } from '../../src/api-docs/field-tables.ts';
import { prose, sample } from '../../src/api-docs/page.ts';
import { escaped, html } from '../../src/pages/html.ts';

const EVIL = `<script>alert("1")</script> & 'x'`;
const HARMLESS = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;';

describe('An HTML template', () => {
  it('escapes all values, in text and in attributes', () => {
    expect(escaped(EVIL)).to.equal(HARMLESS);
    expect(html`<p title="${EVIL}">${EVIL}</p>`.text).to.equal(`<p title="${HARMLESS}">${HARMLESS}</p>`);
    expect(html`<p>${[EVIL, 1, [EVIL]]}</p>`.text).to.equal(`<p>${HARMLESS}1${HARMLESS}</p>`);
  });

  it('does not escape HTML values, also in lists', () => {
    const item = html`<li>${EVIL}</li>`;
    expect(html`<ul>${[item, item]}</ul>`.text).to.equal(`<ul><li>${HARMLESS}</li><li>${HARMLESS}</li></ul>`);
    expect(html`\n${html``}`.text).to.equal('\n');
  });

  it('does not interpret values as replacement patterns', () => {
    expect(html`<p>${'$& $1 \\n'}</p>`.text).to.equal('<p>$&amp; $1 \\n</p>');
  });

  it('escapes prose, code and tables', () => {
    expect(prose(`a \`${EVIL}\` b`).text).to.equal(`a <code>${HARMLESS}</code> b`);
    expect(sample(EVIL, EVIL).text).to.include(HARMLESS).and.not.include('<script');
    const table = fieldTable({ properties: { [EVIL]: { type: EVIL, description: EVIL } } }).text;
    expect(table).to.include(`<code>${HARMLESS}?</code>`).and.not.include('<script');
  });
});
