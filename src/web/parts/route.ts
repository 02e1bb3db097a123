import { useEffect, useState } from 'preact/hooks';

/** Where the page is: in the part of the address after `#`, so that the browser's back button works and the server need not know. */
export function useRoute(): string {
  const [route, setRoute] = useState(currentRoute);
  useEffect(() => {
    const look = () => setRoute(currentRoute());
    look(); // it may have changed between the drawing and now
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);
  return route;
}

const currentRoute = (): string => location.hash.replace(/^#\/?/, '');
export const go = (route: string): void => {
  location.hash = `/${route}`;
};

export const routeOfConversation = (id: number): string => `c/${id}`;

/** The id of the conversation that a route names, if it does. */
export function conversationIn(route: string): number | undefined {
  const [, id] = /^c\/(\d{1,15})$/.exec(route) ?? [];
  return id === undefined ? undefined : Number(id);
}
