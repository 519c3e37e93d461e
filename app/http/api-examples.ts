export type Example = { title: string; lines: string };

/** Requests of the API as they are typed, in an order that works; the tests run them. `soon` is an instant to come. */
export function apiExamples(publicUrl: string, soon: string): Example[] {
  const curl = (method: string, path: string, body?: object, more: string[] = []) =>
    [
      `curl ${method === "GET" ? "" : `-X ${method} `}"${publicUrl}/api/v1${path}"`,
      `  -H "Authorization: Bearer $KEY"`,
      ...more.map((header) => `  -H "${header}"`),
      ...(body
        ? [
            `  -H "Content-Type: application/json"`,
            `  -d '${JSON.stringify(body, null, 1)
              .replaceAll(/\n\s*/g, " ")
              .replaceAll(/"(\$\w+)"/g, `"'$1'"`)}'`,
          ]
        : []),
    ].join(" \\\n");
  const reason = "Paid twice by mistake";
  return [
    {
      title: "Make a pass",
      lines: curl("POST", "/passes", {
        name: "Season pass",
        experience_ids: ["$EXPERIENCE"],
        term: { kind: "months", months: 3, time_zone: "Europe/Berlin" },
        price: { amount_minor: 1250, currency: "EUR" },
        stock: 100,
      }),
    },
    { title: "List passes", lines: curl("GET", "/passes?limit=5") },
    { title: "Get a pass", lines: curl("GET", "/passes/$PASS") },
    { title: "Change a pass", lines: curl("PATCH", "/passes/$PASS", { stock: 200 }) },
    {
      title: "Give somebody a pass",
      lines: curl("POST", "/grants", { pass_id: "$PASS", email: "ada@example.com" }, [
        "Idempotency-Key: order-1001",
      ]),
    },
    { title: "Find what somebody holds", lines: curl("GET", "/grants?email=ada@example.com&status=active") },
    { title: "Get a grant", lines: curl("GET", "/grants/$GRANT") },
    { title: "Give a grant another end", lines: curl("PATCH", "/grants/$GRANT", { ends_at: soon }) },
    { title: "Take a grant back", lines: curl("POST", "/grants/$GRANT/revocation", { reason }) },
    { title: "Restore it", lines: curl("POST", "/grants/$GRANT/restoration") },
    { title: "Mark it as paid back", lines: curl("POST", "/grants/$GRANT/refund", { reason }) },
    { title: "Retire a pass", lines: curl("POST", "/passes/$PASS/retirement") },
    {
      title: "Schedule a stream",
      lines: curl("POST", "/streams", {
        experience_id: "$EXPERIENCE",
        title: "Under the stars",
        starts_at: soon,
        time_zone: "Europe/Berlin",
        length_minutes: 90,
      }),
    },
    { title: "List streams", lines: curl("GET", "/streams?status=scheduled") },
    { title: "Get a stream", lines: curl("GET", "/streams/$STREAM") },
    { title: "Change a stream", lines: curl("PATCH", "/streams/$STREAM", { length_minutes: 120 }) },
    { title: "Cancel a stream", lines: curl("POST", "/streams/$STREAM/cancellation") },
  ];
}
