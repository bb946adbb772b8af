import { expect, test } from "vitest";
import { Secret } from "#src/lib/secret.ts";
import { createCredentialCheck } from "#src/webhook/credentials.ts";

const check = createCredentialCheck({ username: "external-dns", password: new Secret("pä:ss wörd") });

function basic(userPass: string): string {
  return `Basic ${Buffer.from(userPass).toString("base64")}`;
}

test.each([
  ["as Go sends it", basic("external-dns:pä:ss wörd")],
  ["whatever the case of the scheme (RFC 9110 §11.1)", basic("external-dns:pä:ss wörd").replace("Basic", "bAsIc")],
  ["without padding", basic("external-dns:pä:ss wörd").replaceAll("=", "")],
])("user name and password %s pass", (_, authorization) => {
  expect(() => check(authorization)).not.toThrow();
});

test.each([
  ["nothing", undefined],
  ["an empty header", ""],
  ["another scheme", `Bearer ${Buffer.from("external-dns:pä:ss wörd").toString("base64")}`],
  ["plain text", "Basic external-dns:pä:ss wörd"],
  ["no colon", basic("external-dnspä:ss wörd")],
  ["an empty password", basic("external-dns:")],
  ["a password that begins right", basic("external-dns:pä:ss")],
  ["a password that goes on", basic("external-dns:pä:ss wörd!")],
  ["another user", basic("somebody:pä:ss wörd")],
  ["the colon elsewhere", basic("external-dns:pä:ss wörd").slice(0, -4)],
  ["Latin-1 bytes", `Basic ${Buffer.from("external-dns:pä:ss wörd", "latin1").toString("base64")}`],
  ["two of them", `${basic("external-dns:pä:ss wörd")}, ${basic("external-dns:pä:ss wörd")}`],
  ["a very long one", basic("x".repeat(10_000))],
])("%s is refused with 401 and a sentence that helps", (_, authorization) => {
  expect(() => check(authorization)).toThrow(
    expect.objectContaining({
      status: 401,
      code: "request.unauthenticated",
      message: expect.stringContaining("--webhook-provider-url, where USERNAME:PASSWORD@") as string,
    }) as Error,
  );
});
