import type { ServerEvents } from 'mmchat-client';

type Shown = { id: number; username: string; profile_picture: string };

/** People with a new name or picture in place of the old one; the same array where nobody in it has one. */
export function withNewName<Person extends Shown>(
  people: readonly Person[],
  { sender_id: id, sender_username: username, profile_picture }: ServerEvents['user_update'],
): readonly Person[] {
  if (!people.some((person) => person.id === id)) return people;
  return people.map((person) => (person.id === id ? { ...person, username, profile_picture } : person));
}
