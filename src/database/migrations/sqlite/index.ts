// Every migration, one a line, under the name that is stored where it was applied.
export { Migration20261122000000_initial } from './Migration20261122000000_initial.ts';
export { Migration20261124220000_username_pieces } from './Migration20261124220000_username_pieces.ts';
export { Migration20261124230000_deleted_are_settled } from './Migration20261124230000_deleted_are_settled.ts';
export { Migration20261125010000_indexes_of_few } from './Migration20261125010000_indexes_of_few.ts';
export { Migration20261125050000_activity_days } from './Migration20261125050000_activity_days.ts';
export { Migration20261129100000_missed_blocks } from './Migration20261129100000_missed_blocks.ts';
export { Migration20261129110000_codes_of_requests } from './Migration20261129110000_codes_of_requests.ts';
export { Migration20261129110100_left_usernames } from './Migration20261129110100_left_usernames.ts';
export { Migration20261129120000_email_keys } from './Migration20261129120000_email_keys.ts';
export { Migration20261129120000_installation } from './Migration20261129120000_installation.ts';
export { Migration20261129130000_participant_counts } from './Migration20261129130000_participant_counts.ts';
export { Migration20261129130100_avatars } from './Migration20261129130100_avatars.ts';
