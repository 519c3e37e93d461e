/**
 * What the server keeps. Names and shapes are the wire's own (Stream's OpenAPI, GetStream/protocol; stream-chat's
 * `types.ts`), because custom fields lie beside the known ones at the top level of every object. Instants are ISO strings.
 */
export type Fields = Record<string, unknown>;

export type User = Fields & {
  id: string;
  name?: string;
  role: string;
  created_at: string;
  updated_at: string;
  revoke_tokens_issued_before?: string | null;
};

export type ChannelType = Fields & {
  name: string;
  grants: Record<string, string[]>;
  max_message_length: number;
};

export type Channel = {
  type: string;
  id: string;
  cid: string;
  created_at: string;
  updated_at: string;
  created_by_id: string;
  frozen: boolean;
  disabled: boolean;
  cooldown: number;
  last_message_at?: string;
  truncated_at?: string;
  custom: Fields;
};

export type Member = {
  user_id: string;
  channel_role: "channel_member" | "channel_moderator";
  created_at: string;
  updated_at: string;
  custom: Fields;
};

export type Message = {
  id: string;
  cid: string;
  user_id: string;
  text: string;
  type: "regular" | "reply" | "system" | "deleted";
  parent_id?: string;
  show_in_channel?: boolean;
  quoted_message_id?: string;
  attachments: unknown[];
  mentioned_users: string[];
  silent: boolean;
  shadowed: boolean;
  pinned: boolean;
  pinned_at?: string | null;
  pinned_by?: string | null;
  pin_expires?: string | null;
  created_at: string;
  updated_at: string;
  deleted_at?: string;
  custom: Fields;
};

export type Reaction = {
  message_id: string;
  user_id: string;
  type: string;
  score: number;
  created_at: string;
  custom: Fields;
};

export type Ban = {
  user_id: string;
  /** Without it the ban is for the whole app. */
  cid?: string;
  banned_by_id: string;
  reason: string;
  expires?: string;
  shadow: boolean;
  created_at: string;
};

export type Mute = {
  user_id: string;
  target_id?: string;
  cid?: string;
  created_at: string;
  expires?: string;
};
export type Flag = {
  user_id: string;
  target_message_id?: string;
  target_user_id?: string;
  reason: string;
  created_at: string;
};
export type Read = { last_read: string; unread_messages: number; last_read_message_id?: string };
