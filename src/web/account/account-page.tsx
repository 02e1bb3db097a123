import { useEffect, useRef } from 'preact/hooks';
import { go, useRoute } from '../parts/route.ts';
import { ForgotPassword } from './forgot-password.tsx';
import { LogIn } from './log-in.tsx';
import { LoginNotKept } from './login-not-kept.tsx';
import { SignUp } from './sign-up.tsx';

const PAGES = {
  login: { title: 'Log in', Form: LogIn },
  signup: { title: 'Sign up', Form: SignUp },
  forgot: { title: 'Reset your password', Form: ForgotPassword },
};
type Page = keyof typeof PAGES;
/** @param onEntered called when the browser has the cookie of a new session */
export type AccountForm = { onEntered: () => void };

/**
 * The way in for who is not logged in.
 * @param hasLeft whether one was in just now: the session may have been ended elsewhere
 * @param notKept whether one has just logged in, and is not logged in
 */
export function AccountPage({ hasLeft, notKept, onEntered }: AccountForm & { hasLeft: boolean; notKept: boolean }) {
  const route = useRoute();
  const page: Page = route in PAGES ? (route as Page) : 'login'; // a key, as the condition says
  const { title, Form } = PAGES[page];
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${title} – MmChat`;
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [title]);
  return (
    <main class="account">
      <p class="brand">
        <span class="mark" aria-hidden="true" />
        MmChat
      </p>
      <section class="card" aria-labelledby="account-title">
        <h1 id="account-title" ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {hasLeft && page === 'login' && (
          <p class="note" role="status">
            You are logged out.
          </p>
        )}
        {notKept && page === 'login' && <LoginNotKept />}
        <Form
          key={page}
          onEntered={() => {
            go('');
            onEntered();
          }}
        />
      </section>
    </main>
  );
}
