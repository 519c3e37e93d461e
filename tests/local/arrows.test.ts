import { ESLint } from "eslint";
import { describe, expect, test } from "vitest";
import { root } from "#local/root.ts";

const eslint = new ESLint({ cwd: root });

async function refused(file: string, imported: string, { type = false } = {}): Promise<boolean> {
  const code = type
    ? `import type * as other from "${imported}";\nexport type { other };`
    : `import "${imported}";`;
  const [result] = await eslint.lintText(`${code}\n`, { filePath: file });
  return result!.messages.some(({ ruleId }) => ruleId?.startsWith("boundaries/"));
}

const route = "app/routes/_index.tsx";
const domain = "app/domain/text.ts";

describe("The arrows between the rooms of the product", () => {
  test.each([
    [route, "#app/domain/text.ts"],
    ["app/server/app.ts", "#app/domain/text.ts"],
    [domain, "#app/jobs/catalog.ts"],
    [domain, "#app/services/storage.ts"],
    [domain, "#db/client.ts"],
    ["worker/main.ts", "#app/domain/text.ts"],
    ["worker/main.ts", "#app/jobs/catalog.ts"],
    ["tests/local/arrows.test.ts", "#local/edition.ts"],
    ["tests/local/arrows.test.ts", "#worker/jobs.ts"],
    ["app/root.tsx", "#app/components/button.tsx"],
  ])("%s may import %s", async (file, imported) => {
    expect(await refused(file, imported)).toBe(false);
  });

  test.each([
    [route, "#app/services/storage.ts"],
    [route, "#db/client.ts"],
    [domain, "#app/routes/_index.tsx"],
    [domain, "#app/server/app.ts"],
    [domain, "../routes/_index.tsx"],
    ["app/services/storage.ts", "#app/domain/text.ts"],
    ["app/jobs/catalog.ts", "#app/domain/text.ts"],
    ["db/migrate.ts", "#app/domain/text.ts"],
    ["app/components/button.tsx", "#app/domain/text.ts"],
    ["app/live/tab.ts", "#app/services/storage.ts"],
    ["app/live/tab.ts", "#app/domain/text.ts"],
    ["worker/main.ts", "#app/services/storage.ts"],
    ["worker/main.ts", "#app/routes/_index.tsx"],
    ["worker/main.ts", "#local/edition.ts"],
    [route, "#worker/jobs.ts"],
    [route, "#tests/factories.ts"],
    ["app/server/app.ts", "#local/edition.ts"],
    ["local/edition.ts", "#app/config.ts"],
    ["local/edition.ts", "#tests/factories.ts"],
    ["app/root.tsx", "#db/client.ts"],
  ])("%s may not import %s", async (file, imported) => {
    expect(await refused(file, imported)).toBe(true);
  });

  test("a type may come from further down where a value may not", async () => {
    expect(await refused(route, "#db/types.ts", { type: true })).toBe(false);
    expect(await refused("app/live/tab.ts", "#app/domain/text.ts", { type: true })).toBe(false);
    expect(await refused(domain, "#app/routes/_index.tsx", { type: true })).toBe(true);
    expect(await refused("app/components/button.tsx", "#db/types.ts", { type: true })).toBe(true);
  });
});
