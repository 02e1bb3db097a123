import { useEffect, useState } from 'preact/hooks';

/** The current route: the part of the URL after `#`, so that the back button works without the server. */
export function useRoute(): string {
  const [route, setRoute] = useState(currentRoute);
  useEffect(() => {
    const update = () => setRoute(currentRoute());
    update(); // it may have changed since the render
    window.addEventListener('hashchange', update);
    return () => window.removeEventListener('hashchange', update);
  }, []);
  return route;
}

const currentRoute = (): string => location.hash.replace(/^#\/?/, '');
export const navigate = (route: string): void => {
  location.hash = `/${route}`;
};

export const routeOfConversation = (id: number): string => `c/${id}`;

/** The id of the conversation in a route, if any. */
export function conversationIdOf(route: string): number | undefined {
  const [, id] = /^c\/(\d{1,15})$/.exec(route) ?? [];
  return id === undefined ? undefined : Number(id);
}
