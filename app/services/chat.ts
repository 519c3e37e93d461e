import { createHmac, timingSafeEqual } from "node:crypto";
import { type ErrorFromResponse, StreamChat } from "stream-chat";
import type { StreamConfig } from "#app/config.ts";
import { compareAppSettings, compareChannelType, appSettings, channelSettings } from "./chat-settings.ts";
import { serviceError } from "./service-error.ts";

/** The kind of channel that every stream has; its grants are in `chat-settings.ts`. */
export const channelType = "frontrow_stream";

/** What a message carries to the chat service, beside its text: all of it is public to those in the channel. */
export type OutgoingMessage = {
  id: string;
  number: number;
  user: { id: string; name: string };
  role: string;
  text: string;
  /** ISO. */
  saidAt: string;
  /** The id of what it replies to, and not its words: they would stay here when it is deleted. */
  replyTo: string | null;
};

/** A message as the chat service has it. */
export type ChannelMessage = { id: string; userId: string; text: string; deleted: boolean; pinned: boolean };

export type Chat = ReturnType<typeof createChat>;

/** A POST of the SDK gives up after this time, so that nobody waits longer for a chat service that does not answer. */
const patienceMs = 3_000;
/** The chat service takes so many people in one call (its documentation of members). */
export const mostPeopleAtOnce = 100;

/**
 * GetStream's chat, from the server's side. Calls throw a ServiceError (service "chat"): `retryable` when it could not
 * be reached, has no time or is limited. `code` is the service's own number, `unreachable` without an answer. No error
 * holds the request, which has our key in it.
 */
export function createChat({ apiKey, apiSecret, url }: StreamConfig) {
  const [secret = "", ...olderSecrets] = apiSecret;
  const client = new StreamChat(apiKey, secret, {
    baseURL: url,
    disableCache: true,
    timeout: patienceMs,
    maxRedirects: 0,
    warmUp: false,
  });
  const channel = (channelId: string) => client.channel(channelType, channelId);

  async function createType() {
    try {
      await asked(client.createChannelType({ name: channelType, ...channelSettings } as never));
    } catch (error) {
      // Another process made it at the same moment.
      if (codeOf(error) !== "4") throw error;
    }
  }

  return {
    url,
    apiKey,
    channelType,

    /** A person's own token. Times are epoch seconds; `issuedAt` must not lie in the service's future. */
    mintToken: (userId: string, { issuedAt, expiresAt }: { issuedAt: number; expiresAt: number }): string =>
      client.createToken(userId, expiresAt, issuedAt),

    /** Whether `signature` (`X-Signature`) is the service's for these bytes: HMAC-SHA256 in hex, with one of our secrets. */
    verifyWebhook(body: Buffer, signature: string): boolean {
      const given = Buffer.from(signature);
      return [secret, ...olderSecrets].some((each) => {
        const right = Buffer.from(createHmac("sha256", each).update(body).digest("hex"));
        return right.length === given.length && timingSafeEqual(right, given);
      });
    },

    /**
     * Brings our channel type and the app to the settings of `chat-settings.ts`, and reads them back. Gives what still
     * differs, in words: with any of it the wrong people could read or write.
     */
    async applySettings(): Promise<string[]> {
      const app = (await asked(client.getAppSettings())).app ?? {};
      if (compareAppSettings(app).length > 0) await asked(client.updateAppSettings(appSettings));
      const found = await orNone(asked(client.getChannelType(channelType)));
      if (!found) await createType();
      else if (compareChannelType(found).length > 0)
        await asked(client.updateChannelType(channelType, channelSettings as never));
      const [appNow, typeNow] = await Promise.all([
        asked(client.getAppSettings()),
        asked(client.getChannelType(channelType)),
      ]);
      return [...compareAppSettings(appNow.app ?? {}), ...compareChannelType(typeNow)];
    },

    /** Makes a channel, or finds it. */
    async makeChannel(channelId: string): Promise<void> {
      const made = client.channel(channelType, channelId, { created_by_id: "frontrow" } as never);
      await asked(client.upsertUsers([{ id: "frontrow", name: "Frontrow" }]));
      await asked(made.query({}));
    },

    /** Deletes a channel with all that was said in it; one that is not there is no error. */
    async deleteChannel(channelId: string): Promise<void> {
      await orNone(asked(channel(channelId).delete({ hard_delete: true })));
    },

    /** Tells the service people's names; at most a hundred at once. */
    async nameUsers(people: { id: string; name: string }[]): Promise<void> {
      if (people.length > 0) await asked(client.upsertUsers(people));
    },

    /** Lets people (at most a hundred, known by `nameUsers`) read a channel. Who is in it already stays in it. */
    async addMembers(channelId: string, userIds: string[]): Promise<void> {
      if (userIds.length > 0) await asked(channel(channelId).addMembers(userIds));
    },

    /** Takes people out of a channel, a hundred in a call; who is not in it is no error. */
    async removeMembers(channelId: string, userIds: string[]): Promise<void> {
      for (let at = 0; at < userIds.length; at += mostPeopleAtOnce)
        await orNone(asked(channel(channelId).removeMembers(userIds.slice(at, at + mostPeopleAtOnce))));
    },

    /** The ids of a channel's members, all of them; none when there is no such channel. */
    async listMembers(channelId: string): Promise<string[]> {
      const ids: string[] = [];
      for (;;) {
        // Not by an offset, which ends at 1,000 (the SDK's `QueryMembersOptions`).
        const from = ids.length > 0 ? { user_id_gt: ids.at(-1) } : {};
        const page = await orNone(
          asked(channel(channelId).queryMembers({}, { user_id: 1 }, { limit: mostPeopleAtOnce, ...from })),
        );
        ids.push(...(page?.members ?? []).flatMap(({ user_id }) => user_id ?? []));
        if (!page || page.members.length < mostPeopleAtOnce) return ids;
      }
    },

    /** Sends a message in a person's name. One that is there already (the same id) is taken for sent. */
    async sendMessage(channelId: string, message: OutgoingMessage): Promise<void> {
      const { id, number, user, role, text, saidAt, replyTo } = message;
      // The name stands in the message, too: what the service has of a person can be changed there by that person.
      const custom = {
        ...{ number, role, name: user.name, said_at: saidAt },
        ...(replyTo ? { reply_to: replyTo } : {}),
      };
      try {
        await asked(
          channel(channelId).sendMessage({ id, text, user, user_id: user.id, ...custom } as never, {
            skip_enrich_url: true,
            skip_push: true,
          }),
        );
      } catch (error) {
        // Code 4 is any bad input, and also an id that is there already.
        if (codeOf(error) !== "4" || !(await orNone(asked(client.getMessage(id))))) throw error;
      }
    },

    /** Deletes a message so that it can be restored; one that is not there is no error. */
    async hideMessage(id: string): Promise<void> {
      await orNone(asked(client.deleteMessage(id)));
    },

    /** Shows a hidden message again, or leaves one that is shown. False when the service has it no more. */
    async restoreMessage(id: string, byUserId: string): Promise<boolean> {
      try {
        return (await orNone(asked(client.undeleteMessage(id, byUserId)))) !== undefined;
      } catch (error) {
        // Code 4: it is not deleted.
        if (codeOf(error) === "4") return true;
        throw error;
      }
    },

    /** Gives a message its text and its pin again; one that is not there is no error. */
    async correctMessage(id: string, { text, pinned }: { text: string; pinned: boolean }): Promise<void> {
      await orNone(asked(client.partialUpdateMessage(id, { set: { text, pinned } } as never, "frontrow")));
    },

    async pinMessage(id: string, { pinned, byUserId }: { pinned: boolean; byUserId: string }): Promise<void> {
      await orNone(
        asked(client.partialUpdateMessage(id, { set: { pinned } } as never, byUserId) as Promise<unknown>),
      );
    },

    async setReaction(
      channelId: string,
      { messageId, userId, kind, given }: { messageId: string; userId: string; kind: string; given: boolean },
    ): Promise<void> {
      const where = channel(channelId);
      // The SDK wants a channel that it has seen before it takes a reaction away.
      where.initialized = true;
      await orNone(
        asked(
          given
            ? where.sendReaction(messageId, { type: kind, user_id: userId } as never, { skip_push: true })
            : where.deleteReaction(messageId, kind, userId),
        ),
      );
    },

    /**
     * The newest messages of a channel, at most a hundred, with those that are deleted, and in the same call its members,
     * unless there are more than a hundred (`listMembers`). A channel that is not there is made.
     */
    async readChannel(
      channelId: string,
    ): Promise<{ messages: ChannelMessage[]; members: string[] | undefined }> {
      const there = client.channel(channelType, channelId, {
        created_by: { id: "frontrow", name: "Frontrow" },
      } as never);
      const state = await asked(
        there.query({
          messages: { limit: 100 },
          members: { limit: mostPeopleAtOnce },
          state: true,
          watch: false,
        } as never),
      );
      const members = state.members.flatMap(({ user_id }) => user_id ?? []);
      return {
        messages: state.messages.map(({ id, user, text, type, deleted_at, pinned }) => ({
          id,
          userId: user?.id ?? "",
          text: text ?? "",
          deleted: type === "deleted" || Boolean(deleted_at),
          pinned: pinned ?? false,
        })),
        members: state.channel?.member_count === members.length ? members : undefined,
      };
    },

    /** Refuses a person's tokens that were issued before. */
    async revokeTokens(userId: string, before: Date): Promise<void> {
      await asked(client.revokeUserToken(userId, before));
    },
  };
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    // The SDK's own errors hold the whole request, with our token in its headers: nothing of them goes on.
    const { code, status, response } = error as Partial<ErrorFromResponse<unknown>>;
    const http = status ?? response?.status;
    if (typeof code === "number" && http !== undefined) {
      const retryable = http >= 500 || http === 429 || code === 60;
      throw serviceError("chat", `request refused (code ${code}, status ${http})`, {
        retryable,
        code: String(code),
      });
    }
    throw serviceError("chat", "could not be reached", { retryable: true, code: "unreachable" });
  }
}

/** Code 16: it does not exist. */
async function orNone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (codeOf(error) === "16") return undefined;
    throw error;
  }
}

const codeOf = (error: unknown) => (error as { code?: string }).code;
