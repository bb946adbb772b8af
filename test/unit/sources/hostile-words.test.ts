// Words that are names of JavaScript's own properties are words like others.

import { expect, test } from "vitest";
import { serviceSource } from "#src/sources/service.ts";
import { contextOf, HOME, service } from "./objects.ts";

test.each(["constructor", "toString", "__proto__", "hasOwnProperty"])(
  "endpoints-type %s is one nobody knows",
  (word) => {
    const annotations = {
      "external-dns.kubernetes.io/hostname": "app.home.example.com",
      "external-dns.kubernetes.io/endpoints-type": word,
    };
    const object = service({ metadata: { annotations } });
    const known = service({
      metadata: { annotations: { ...annotations, "external-dns.kubernetes.io/endpoints-type": "unknown" } },
    });
    expect(serviceSource.toRecords(object, contextOf([HOME]))).toEqual(
      serviceSource.toRecords(known, contextOf([HOME])),
    );
  },
);
