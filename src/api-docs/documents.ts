import { asyncApi } from './asyncapi.ts';
import { openApi } from './openapi.ts';
import { overviewPage } from './overview.ts';
import { realtimePage } from './realtime-page.ts';
import { restPage } from './rest-page.ts';

/** The served documents, as text. @param isSecure whether the server is reached over TLS */
export const documents = {
  openApi: () => JSON.stringify(openApi()),
  asyncApi: (isSecure: boolean) => JSON.stringify(asyncApi(isSecure)),
  overview: overviewPage,
  rest: restPage,
  realtime: realtimePage,
};
export type Documents = typeof documents;
