import { randomBytes } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openBrowser, signUp } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { OwnChallenge } from "../src/own-challenge.ts";
import { resize } from "../src/resize.ts";

const LONG = { timeout: 240_000 };
const name = `ports-${randomBytes(4).toString("hex")}`;
let own: OwnChallenge | undefined;
let browser: Browser;
let page: Page;

/** What the shop serves: it says what its page can see, and what it would learn of the arena. */
const SHOP = `<!doctype html><title>Shop</title><h1>The shop of ${name}</h1><p id=seen></p><script>
document.cookie = "basket=full; path=/";
let parent = "closed";
try { parent = window.parent.document.title; } catch {}
document.getElementById("seen").textContent = "cookies: " + document.cookie + ", parent: " + parent;
</script>`;

beforeAll(async () => {
  own = await OwnChallenge.publish(
    name,
    `---
kind: challenge
title: A shop behind a port
description: A machine that serves a page, for the test of ports.
categories: [linux]
tagz: [e2e]
difficulty: easy
createdAt: 2026-11-23
playground:
  name: flexbox
  machines:
    - { name: web-01, backend: container, users: [{ name: laborant, default: true }], drives: [{ source: debian-12, mount: /, size: 2GiB }], network: { interfaces: [{ network: local }] }, startupFiles: [{ path: /srv/shop/index.html, content: ${JSON.stringify(SHOP)} }] }
  tabs:
    - { machine: web-01 }
    - { kind: http-port, name: Shop, machine: web-01, number: 8080, id: shop }
    - { kind: ide, name: Code, machine: web-01 }
  initConditions:
    values: [{ key: how it is served, default: at once, options: [at once, later] }]
tasks:
  init_shop: { init: true, run: systemd-run -q --unit=shop --working-directory=/srv/shop python3 -m http.server 8080, conditions: [{ key: how it is served, value: at once }] }
  verify_never: { run: "false", hintcheck: echo It never is. }
---
Look at :http-port{text='the shop itself' port=8080}.

::simple-task
---
:tasks: tasks
:name: verify_never
---
#active
Never.

#completed
Done.
::
`,
  );
  browser = await openBrowser();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  await signUp(page, endpoint, `ports-${randomBytes(3).toString("hex")}`);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  own?.[Symbol.dispose]();
});

const frame = () => page.frameLocator('iframe[title="Shop"]');

test("what the playground asks is asked on the page, and the answer counts", async () => {
  await page.goto(`${endpoint}/challenges/${name}`);
  const question = page.getByLabel("how it is served");
  expect(await question.inputValue()).toBe("at once");
  await question.selectOption("later");
  await page.getByTestId("start-play").first().click();
  await page.waitForURL(/\/plays\//, LONG);
  await page.getByTestId("terminal").first().waitFor(LONG);
  await page.getByRole("tab", { name: "Shop" }).click();
  // The task that serves it does not exist in this play.
  await frame().getByText("Nothing answers on port 8080 of web-01").waitFor(LONG);
}, 300_000);

test("the page of a service comes up by itself, is another origin, and keeps its cookies", async () => {
  await page.getByRole("tab", { name: "web-01" }).click();
  await page.getByTestId("terminal").first().click();
  await page.keyboard.type("cd /srv/shop && python3 -m http.server 8080\n");
  await page.getByRole("tab", { name: "Shop" }).click();
  await frame().getByText(`The shop of ${name}`).waitFor(LONG);
  const seen = await frame().locator("#seen").textContent();
  expect(seen).toContain("parent: closed");
  // What its own script set, and nothing that the arena or the way into the port set.
  expect(seen).not.toContain("agon");
  expect(seen).not.toContain("session");
}, 300_000);

test("a text opens a port in a tab of the browser, and nobody else comes in by its address", async () => {
  const opened = page.context().waitForEvent("page", LONG);
  await page.getByRole("button", { name: "the shop itself" }).click();
  const shop = await opened;
  await shop.getByText(`The shop of ${name}`).waitFor(LONG);
  expect(await shop.evaluate(() => window.opener)).toBeNull();
  const address = shop.url();
  expect(new URL(address).host).not.toBe(new URL(endpoint).host);
  await shop.close();
  const other = await (await browser.newContext()).newPage();
  await other.goto(address);
  expect(await other.getByRole("heading").textContent()).toBe("This port is private");
  await other.context().close();
}, 300_000);

test("ports are listed on the page, opened and closed one by one, by keys and on a phone", async () => {
  await page.getByTestId("ports-button").click();
  const dialog = page.getByRole("dialog", { name: "Ports of the machines" });
  const rows = dialog.getByTestId("port-row");
  await dialog.getByText("web-01:8080").waitFor(LONG);
  expect(await rows.count()).toBe(1);
  const address = (await dialog.locator(".portaddress").textContent())!;
  const opening = page.context().waitForEvent("page", LONG);
  await dialog.getByRole("button", { name: "Open web-01:8080" }).click();
  const shop = await opening;
  await shop.getByText(`The shop of ${name}`).waitFor(LONG);
  expect(shop.url()).toBe(address);
  await dialog.getByRole("button", { name: "Close web-01:8080" }).press("Enter");
  await dialog.getByText("Closed web-01:8080").waitFor(LONG);
  await shop.reload();
  expect(await shop.getByRole("heading").textContent()).toBe("There is no such port");
  await shop.close();
  // The way back has the focus.
  await vi.waitUntil(
    () => page.evaluate(() => document.activeElement?.textContent === "Open again"),
    LONG,
  );
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Open web-01:8080" }).waitFor(LONG);
  expect(await dialog.locator(".portaddress").textContent()).not.toBe(address);
  // One for everybody: whoever has its address loses it, so closing asks.
  await resize(page, 360, 740);
  await dialog.getByLabel("Port", { exact: true }).fill("8080");
  await dialog.getByLabel("Everybody who knows the address may see it").check();
  await dialog.getByRole("button", { name: "Open port" }).click();
  const open = rows.filter({ hasText: "Everybody with the address" });
  await open.waitFor(LONG);
  expect(await dialog.evaluate((it) => it.scrollWidth <= it.clientWidth)).toBe(true);
  const shared = (await open.locator(".portaddress").textContent())!;
  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(shared);
  await stranger.getByText(`The shop of ${name}`).waitFor(LONG);
  await open.getByRole("button", { name: "Close web-01:8080" }).click();
  await page.getByRole("button", { name: "Close port" }).click();
  await dialog.getByText("Closed web-01:8080").waitFor(LONG);
  await stranger.reload();
  expect(await stranger.getByRole("heading").textContent()).toBe("There is no such port");
  await stranger.context().close();
  await dialog.getByRole("button", { name: "Done" }).click();
  await resize(page, 1440, 900);
}, 300_000);

test("an editor that is not there says so, and what to do instead", async () => {
  await page.getByRole("tab", { name: "Code" }).click();
  await page.getByText("This arena has no editor in the browser").waitFor(LONG);
});
