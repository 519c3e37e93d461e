import path from "node:path";
import js from "@eslint/js";
import boundaries from "eslint-plugin-boundaries";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/**
 * The rooms of the product and what each may import beside its own. `routes, server -> domain -> jobs, services, db`;
 * `worker -> domain, jobs`; `live, components -> utils`. Nothing imports routes, worker or tests; only tests imports
 * local, which shows the domain's letters. Types may come from further down, as they are gone before anything runs.
 */
const arrows = [
  {
    from: "routes",
    to: ["domain", "http", "components", "live", "styles"],
    types: ["services", "jobs", "db"],
  },
  { from: "server", to: ["domain", "http", "services", "jobs", "db"] },
  { from: "http", to: ["domain"], types: ["services", "jobs", "db"] },
  { from: "domain", to: ["jobs", "services", "db"] },
  { from: "jobs", types: ["db"] },
  { from: "services", types: ["db"] },
  { from: "live", to: ["components", "styles"], types: ["domain"] },
  { from: "components", to: ["styles"] },
  { from: "db" },
  { from: "worker", to: ["domain", "jobs"], types: ["services", "db"] },
  { from: "local", to: ["domain"] },
  {
    from: "tests",
    to: [
      "routes",
      "server",
      "http",
      "domain",
      "jobs",
      "services",
      "db",
      "live",
      "components",
      "worker",
      "local",
    ],
  },
];
const folders = ["routes", "server", "http", "domain", "jobs", "services", "live", "components", "styles"];
const element = (type) => ({ element: { type } });

/** Files that belong to no room: the words of the environment and of errors, and where processes are put together. */
const vocabulary = ["config", "context", "service-error"];

const arrowsPolicies = [
  ...arrows.flatMap(({ from, to = [], types = [] }) => [
    { from: element(from), allow: { to: { element: { types: { anyOf: [from, ...to] } } } } },
    ...(types.length
      ? [
          {
            from: element(from),
            allow: { to: { element: { types: { anyOf: types } } }, dependency: { kind: "type" } },
          },
        ]
      : []),
  ]),
  // A browser's code has no use for them, and must not carry them to people.
  {
    from: {
      element: {
        types: { anyOf: ["routes", "server", "http", "domain", "jobs", "services", "worker", "tests"] },
      },
    },
    allow: { to: { file: { categories: { anyOf: vocabulary } } } },
  },
  {
    from: { element: { types: { anyOf: ["server", "worker", "tests"] } } },
    allow: { to: { file: { categories: "opening" } } },
  },
  {
    from: { file: { categories: { anyOf: ["context", "opening"] } } },
    allow: {
      to: { element: { types: { anyOf: ["services", "jobs", "db", "app"] } } },
    },
  },
  {
    from: { file: { categories: "context" } },
    allow: { to: element("domain"), dependency: { kind: "type" } },
  },
  {
    from: { file: { categories: "config" } },
    allow: { to: { file: { categories: "environment" } } },
  },
  {
    from: { file: { categories: "frame" } },
    allow: {
      to: { element: { types: { anyOf: ["components", "live", "styles", "http", "domain", "app"] } } },
    },
  },
  { disallow: { to: { file: { categories: "test" } } } },
];

export default tseslint.config(
  {
    ignores: [
      ...["node_modules", "build", ".local", ".cache", "test-results", "playwright-report", "tests/fixtures"],
      "db/types.ts",
    ],
  },
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "no-console": "off",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-control-regex": "off",
      "no-undef": "off",
    },
  },
  {
    files: ["**/*.{ts,tsx}"],
    plugins: { boundaries },
    settings: {
      "import/resolver": { [path.join(import.meta.dirname, "local/checks/import-resolver.cjs")]: {} },
      "boundaries/elements": [
        ...folders.map((type) => ({ type, pattern: `app/${type}`, partialMatch: false })),
        ...["worker", "db", "local", "tests", "app"].map((type) => ({
          type,
          pattern: type,
          partialMatch: false,
        })),
      ],
      "boundaries/files": [
        { category: "config", pattern: "app/config.ts" },
        { category: "environment", pattern: "app/environment.ts" },
        { category: "context", pattern: "app/context.ts" },
        { category: "service-error", pattern: "app/services/service-error.ts" },
        { category: "opening", pattern: "app/open-services.ts" },
        { category: "frame", pattern: "app/{root,entry.client,entry.server}.tsx" },
        { category: "test", pattern: "**/*.test.{ts,tsx}" },
      ],
    },
    rules: {
      "boundaries/dependencies": ["error", { default: "disallow", policies: arrowsPolicies }],
      "boundaries/no-unknown-dependencies": "error",
    },
  },
  {
    files: ["app/**/*.{ts,tsx}"],
    ...jsxA11y.flatConfigs.recommended,
    // People speaking live have no captions that could be named here.
    rules: { ...jsxA11y.flatConfigs.recommended.rules, "jsx-a11y/media-has-caption": "off" },
  },
  {
    files: ["app/**/*.{ts,tsx}"],
    plugins: { "react-hooks": reactHooks },
    rules: reactHooks.configs.recommended.rules,
  },
  { files: ["**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);
