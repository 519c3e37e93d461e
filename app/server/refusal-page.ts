const words: Record<number, [title: string, explanation: string]> = {
  400: ["We could not read that", "What your browser sent was not complete. Nothing was changed."],
  403: ["That came from another site", "Open the page here and send the form again. Nothing was changed."],
  404: ["There is no such page", "The address may have a slip in it, or what was here is gone."],
  411: ["We could not read that", "What was sent did not say how large it is. Nothing was changed."],
  413: ["That was too large", "We refused it without reading it to its end. Nothing was changed."],
  429: ["That was too often", "Very much is asked from your network. Wait a little, then try again."],
  503: ["One moment, please", "We cannot answer right now. Try again in some seconds."],
};

const bug = ["Something broke on our side", "We have written it down and will look at it."] as const;

/** The few answers that are given before there is a page: plain, without a stack trace. */
export function refusalPage(status: number): string {
  const [title, explanation] = words[status] ?? (status < 500 ? words[400]! : bug);
  const refresh = status === 503 ? '<meta http-equiv="refresh" content="10">' : "";
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">${refresh}<title>${title} · Frontrow</title></head><body><main><h1>${title}</h1><p>${explanation}</p><p><a href="/">To the front page</a></p></main></body></html>`;
}
