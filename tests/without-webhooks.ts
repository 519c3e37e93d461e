/** `npm run faults -- --without-webhooks F7 …`. */
export const withoutWebhooksSwitch = "--without-webhooks";

/**
 * Whether nothing that LiveKit and the recorder announce shall reach anybody: by the switch, or by `WITHOUT_WEBHOOKS=1` in
 * the environment. Everything is then found by asking.
 */
export const withoutWebhooks = (): boolean =>
  process.argv.includes(withoutWebhooksSwitch) || process.env.WITHOUT_WEBHOOKS === "1";

/** How long something may take that takes so many seconds with webhooks: up to a minute more without. */
export const within = (seconds: number): number => seconds + (withoutWebhooks() ? 60 : 0);
