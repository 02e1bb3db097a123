import { type Component, type ComponentType, createElement, type FunctionComponent } from 'preact';

/** Renders the component again only when a property changes: it is another value, or an object with other fields. */
export function memo<Props extends object>(component: ComponentType<Props>): FunctionComponent<Props> {
  return function Memo(this: Component<Props>, props) {
    this.shouldComponentUpdate = (next) => !haveSame(this.props, next, isSame);
    return createElement(component, props);
  };
}

const isSame = (before: unknown, after: unknown): boolean =>
  Object.is(before, after) || (isObject(before) && isObject(after) && haveSame(before, after, Object.is));

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function haveSame(before: object, after: object, same: (before: unknown, after: unknown) => boolean): boolean {
  const values = new Map<string, unknown>(Object.entries(before));
  const entries = Object.entries(after);
  return values.size === entries.length && entries.every(([name, value]) => same(values.get(name), value));
}
