import type { InputHTMLAttributes } from 'preact';
import { useId, useState } from 'preact/hooks';

type Props = {
  label: string;
  name: string;
  type?: 'text' | 'email' | 'password' | 'search' | 'url';
  value: string;
  onValue: (value: string) => void;
  hint?: string | undefined;
  /** The server's error message: "has to be an e-mail address". */
  error?: string | undefined;
  autocomplete?: string;
  autocapitalize?: 'none';
  inputMode?: 'numeric';
  spellcheck?: boolean;
  placeholder?: string;
  /** Characters. */
  maxLength?: number;
  required?: boolean;
  autoFocus?: boolean;
  onKeyDown?: (event: KeyboardEvent) => void;
};

/** A labelled input with a hint or error, which is announced with it. A password can be shown. */
export function Field({ label, value, onValue, hint, error, type = 'text', ...input }: Props) {
  const id = useId();
  const [shown, setShown] = useState(false);
  // preact's types allow attributes depending on a literal `type`, and this one is variable
  const attributes = { ...input, type: shown ? 'text' : type } as InputHTMLAttributes;
  const explained = error !== undefined || hint !== undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="input">
        <input
          {...attributes}
          id={id}
          value={value}
          aria-invalid={error !== undefined}
          aria-describedby={explained ? `${id}-note` : undefined}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
        {type === 'password' && (
          <button type="button" class="quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
            Show<span class="visually-hidden"> password</span>
          </button>
        )}
      </div>
      {explained && (
        <p id={`${id}-note`} class={error === undefined ? 'hint' : 'error'}>
          {error === undefined ? hint : `${label} ${error}.`}
        </p>
      )}
    </div>
  );
}
