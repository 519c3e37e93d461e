type Words = {
  spaceName: string;
  /** Whose server it is; the whole address may hold a key. */
  host: string;
  reason: "gone" | "dead";
  /** To the endpoint's page. */
  link: string;
};

/** The letter to the owners of a space: an endpoint takes nothing any more and was switched off. */
export function webhookOffLetter({ spaceName, host, reason, link }: Words): {
  subject: string;
  text: string;
} {
  const why = {
    gone: "It answered that it is gone for good (410).",
    dead: "It took nothing that we sent for a whole day.",
  }[reason];
  return {
    subject: `Webhooks to ${host} are switched off`,
    text: `${spaceName} has webhooks that go to ${host}. ${why} So we have switched them off: nothing more is sent there.

When it works again, switch them on here. What was not taken stands there too, and can be sent again:
${link}

This goes to all owners of ${spaceName}.

Frontrow
`,
  };
}
